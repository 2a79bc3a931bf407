// Rotations, signers and deletions by our client beside Go's, on the services of both.
import { useScratch } from '../peers/scratch.ts';
import { rotationSeenByGo } from './rotation-seen-by-go.ts';

rotationSeenByGo(useScratch(), { server: 'paraph-server', signer: 'paraph-signer' });
rotationSeenByGo(useScratch(), { server: 'notary-server', signer: 'notary-signer' });
