// As shared-signer-database.test.ts, on Debian's PostgreSQL.
import { startDebianPostgres } from '../peers/embedded-postgres.ts';
import { useScratch } from '../peers/scratch.ts';
import { signersShareDatabase } from './shared-signer-database.ts';

signersShareDatabase(useScratch(), startDebianPostgres);
