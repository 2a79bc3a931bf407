// Every client and signer on notary-server.
import { useScratch } from '../../peers/scratch.ts';
import { cellsOf } from './cells.ts';
import { servers } from './choices.ts';

cellsOf(useScratch(), servers.goOnPostgres);
