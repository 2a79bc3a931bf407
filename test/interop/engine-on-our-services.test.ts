// A real engine on our server and signer.
import { useScratch } from '../peers/scratch.ts';
import { engineJourney } from './engine-journey.ts';

engineJourney(useScratch(), { server: 'paraph-server', signer: 'paraph-signer' });
