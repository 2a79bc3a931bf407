// The oracle of the journey: everything in it is Go's.
import { useScratch } from '../peers/scratch.ts';
import { goClientJourney } from './go-client-journey.ts';

goClientJourney(useScratch(), { server: 'notary-server', signer: 'notary-signer' });
