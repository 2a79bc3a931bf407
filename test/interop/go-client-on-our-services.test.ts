// Ours in place of both Go services.
import { useScratch } from '../peers/scratch.ts';
import { goClientJourney } from './go-client-journey.ts';

goClientJourney(useScratch(), { server: 'paraph-server', signer: 'paraph-signer' });
