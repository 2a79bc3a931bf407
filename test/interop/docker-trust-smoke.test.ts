// The script for the docker CLI with our front end in its place: `docker trust …` goes to docker-trust, everything else to
// docker 28, on one trust directory.
//
// All checks pass. One of the 80 is not made: where `signer remove -f` works, the script has nothing left to confirm. The
// texts in which ours differs are in docs/reference/differences.md.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { peer } from '../peers/peers.ts';
import { ourProgram } from '../peers/person.ts';
import { type Scratch, useScratch } from '../peers/scratch.ts';
import { dockerCliChecks } from './docker-cli-checks.ts';

async function frontEnd(scratch: Scratch): Promise<string> {
  const path = join(scratch.path, 'docker');
  const trust = ourProgram('docker-trust').map(quoted).join(' ');
  const text = `#!/bin/sh
case "$1" in
trust) exec ${trust} "$@" ;;
*) exec ${quoted(peer('docker-28'))} "$@" ;;
esac
`;
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

const pairing = { server: 'paraph-server', signer: 'paraph-signer' } as const;

dockerCliChecks(useScratch(), pairing, { program: frontEnd, name: 'docker-trust', checks: 79 });
