// Our client on the services of Go.
import { useScratch } from '../peers/scratch.ts';
import { paraphJourney } from './paraph-journey.ts';

paraphJourney(useScratch(), { server: 'notary-server', signer: 'notary-signer' });
