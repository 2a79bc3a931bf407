import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { homely } from '../places.ts';
import { backUpCommand } from './back-up.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paraph-back-up-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const sh = (command: string) =>
  execFileSync('bash', ['-ec', command], { cwd: home, env: { ...process.env, HOME: home } });

describe('the command for a back-up', () => {
  it.each([
    ['of the home directory', '.docker/trust', '~', '.docker/trust/private'],
    ['of a place with a space and a quote', "it's here/trust", undefined, 'private'],
  ])('%s makes a private archive that brings the keys back', (_, trust, base, inside) => {
    const trustDir = join(home, trust);
    const keys = join(trustDir, 'private');
    mkdirSync(keys, { recursive: true });
    writeFileSync(join(keys, 'a.key'), 'encrypted');
    const command = backUpCommand(base === undefined ? keys : homely(keys, home));
    expect(command).toContain(inside);
    sh(command);
    const archive = join(home, 'private_keys_backup.tar.gz');
    expect(statSync(archive).mode & 0o777).toBe(0o600);
    rmSync(keys, { recursive: true });
    sh(`tar -C ${base ?? `"${trustDir}"`} -zxf ${archive}`);
    expect(readFileSync(join(keys, 'a.key'), 'utf8')).toBe('encrypted');
  });

  it('leaves the tilde to the shell', () => {
    expect(backUpCommand('~/.docker/trust/private')).toBe(
      '(umask 077; tar -C ~ -zcvf private_keys_backup.tar.gz .docker/trust/private)',
    );
    expect(backUpCommand('/private')).toBe(
      '(umask 077; tar -C / -zcvf private_keys_backup.tar.gz private)',
    );
  });
});
