// Certificates for the programs of a test, made by openssl: one authority, and what it issues. They are
// valid for a day and never leave the scratch.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { peer } from './peers.ts';
import { mustRun } from './program.ts';
import type { Scratch } from './scratch.ts';

export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  readonly caFile: string;
  /** A certificate for servers and clients that carries `names` (host names or addresses), for a P-256 key or the kind given. */
  issue(name: string, names: readonly string[], kind?: KeyKind): Promise<KeyPair>;
}

export type KeyKind = 'ec' | 'rsa';

const newKey: Readonly<Record<KeyKind, readonly string[]>> = {
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
  rsa: ['-newkey', 'rsa:2048', '-nodes'],
};

/** `name` goes into file names and the subject; two authorities of one scratch need two names. */
export async function certificateAuthority(scratch: Scratch, name: string): Promise<Authority> {
  const folder = await scratch.folder(name);
  const openssl = peer('openssl');
  const caFile = join(folder, 'ca.crt');
  const caKey = join(folder, 'ca.key');
  const subject = ['-subj', `/CN=${name}`, '-days', '1'];
  await mustRun(openssl, [
    'req',
    '-x509',
    ...newKey.ec,
    ...subject,
    '-keyout',
    caKey,
    '-out',
    caFile,
  ]);
  return {
    caFile,
    async issue(leaf, names, kind = 'ec') {
      const file = (ending: string): string => join(folder, `${leaf}.${ending}`);
      const alternatives = names.map((host) => `${/^[\d.]+$/.test(host) ? 'IP' : 'DNS'}:${host}`);
      await writeFile(
        file('ext'),
        `subjectAltName=${alternatives.join(',')}\nextendedKeyUsage=serverAuth,clientAuth\n`,
      );
      const asked = [
        '-subj',
        `/CN=${names[0] ?? leaf}`,
        '-keyout',
        file('key'),
        '-out',
        file('csr'),
      ];
      await mustRun(openssl, ['req', '-new', ...newKey[kind], ...asked]);
      const by = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', '1'];
      const into = ['-in', file('csr'), '-extfile', file('ext'), '-out', file('crt')];
      await mustRun(openssl, ['x509', '-req', ...by, ...into]);
      return { certFile: file('crt'), keyFile: file('key') };
    },
  };
}
