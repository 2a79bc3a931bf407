// Ours in place of the Go signer alone: the Go server stays.
import { useScratch } from '../peers/scratch.ts';
import { goClientJourney } from './go-client-journey.ts';

goClientJourney(useScratch(), { server: 'notary-server', signer: 'paraph-signer' });
