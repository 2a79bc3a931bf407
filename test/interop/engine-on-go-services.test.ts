// The oracle of the engine's journey: everything is Go's.
import { useScratch } from '../peers/scratch.ts';
import { engineJourney } from './engine-journey.ts';

engineJourney(useScratch(), { server: 'notary-server', signer: 'notary-signer' });
