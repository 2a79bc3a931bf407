// A process that is killed, or meets an error of the disk, at a chosen step of writing a key. Every call to
// the file system is a step. Bundled by faults.ts and run as:  node FILE ACTION DIRECTORY STEP FAULT [ID]
import { writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const [action, directory = '', stepText, fault = ''] = process.argv.slice(2);
const faultStep = Number(stepText);
let step = 0;

function strike(name: string, target: unknown): void {
  if (fault === 'kill') {
    // The worst moment of writing is half-way.
    if (name === 'writeFile' && typeof target === 'number') writeFileSync(target, 'half a f');
    process.kill(process.pid, 'SIGKILL');
  }
  throw Object.assign(new Error(fault), { code: fault });
}

function instrument(owner: object, names: readonly string[]): void {
  for (const name of names) {
    const real: unknown = Reflect.get(owner, name);
    if (typeof real !== 'function') throw new Error(`no function ${name}`);
    const replacement = async function (this: object, ...args: unknown[]): Promise<unknown> {
      step += 1;
      if (step === faultStep) strike(name, Reflect.get(this ?? {}, 'fd'));
      return Reflect.apply(real, this, args);
    };
    Reflect.set(owner, name, replacement);
  }
}

const probe = await fs.open(process.execPath, 'r');
instrument(Object.getPrototypeOf(probe), ['writeFile', 'sync', 'stat']);
instrument(fs, ['open', 'link', 'unlink', 'mkdir', 'readdir', 'lstat', 'rename', 'rmdir']);
syncBuiltinESMExports();

/** The key of the trust directory that the action is about; written there by the test. */
const id = process.argv[6] ?? '';
const passphrases = {
  passphrase: async ({ isNew }: { isNew: boolean }) =>
    Buffer.from(isNew ? 'another passphrase' : 'test-passphrase'),
};

async function act(): Promise<unknown> {
  if (action === 'create') {
    const { createKeyFile } = await import('../../src/keys/key-file.ts');
    return createKeyFile(`${directory}/${'a'.repeat(64)}.key`, 'the whole text');
  }
  const { KeyFileStore } = await import('../../src/keys/file-store.ts');
  const keys = new KeyFileStore(directory, passphrases);
  switch (action) {
    case 'change':
      return keys.changePassphrase(id);
    case 'list': {
      const listed = await keys.list();
      const unusable = await keys.unusable();
      return `${listed.length} listed, ${unusable.length} unusable`;
    }
    case 'migrate':
      return keys.migrate();
    case 'remove':
      return keys.remove(id);
    default:
      return keys.generate('root');
  }
}

try {
  const result = await act();
  const outcome = typeof result === 'string' ? result : 'done';
  console.log(JSON.stringify({ outcome, steps: step }));
} catch (error) {
  const code = error instanceof Error && 'code' in error ? error.code : String(error);
  console.log(JSON.stringify({ outcome: code, steps: step }));
}
