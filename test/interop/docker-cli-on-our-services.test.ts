// The docker CLI on our server and signer.
import { useScratch } from '../peers/scratch.ts';
import { dockerCliChecks } from './docker-cli-checks.ts';

dockerCliChecks(useScratch(), { server: 'paraph-server', signer: 'paraph-signer' });
