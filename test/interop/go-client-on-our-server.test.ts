// Ours in place of the Go server alone: the Go signer stays.
import { useScratch } from '../peers/scratch.ts';
import { goClientJourney } from './go-client-journey.ts';

goClientJourney(useScratch(), { server: 'paraph-server', signer: 'notary-signer' });
