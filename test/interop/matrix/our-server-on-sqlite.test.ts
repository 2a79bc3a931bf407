// Every client and signer on paraph-server with SQLite.
import { useScratch } from '../../peers/scratch.ts';
import { cellsOf } from './cells.ts';
import { servers } from './choices.ts';

cellsOf(useScratch(), servers.oursOnSqlite);
