// The oracle of the docker CLI's checks: everything is Go's.
import { useScratch } from '../peers/scratch.ts';
import { dockerCliChecks } from './docker-cli-checks.ts';

dockerCliChecks(useScratch(), { server: 'notary-server', signer: 'notary-signer' });
