// Our client on our services, with notary and docker on the same repository.
import { useScratch } from '../peers/scratch.ts';
import { paraphJourney } from './paraph-journey.ts';

paraphJourney(useScratch(), { server: 'paraph-server', signer: 'paraph-signer' });
