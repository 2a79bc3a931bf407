// For crash.test.ts: makes a key, signs with it and makes another, as a process that kills itself at the step that it is
// told. Writes a line when an answer would have left.
import Sqlite from 'better-sqlite3';
import { silentLog } from '../../../src/daemon/log.ts';
import { SigningPolicy } from '../../../src/signer/policy.ts';
import { SignatureLedger } from '../../../src/signer/signature-ledger.ts';
import { openSqliteKeyStore } from '../../../src/signer/store/sqlite.ts';
import { Vault } from '../../../src/signer/vault.ts';
import { metadata, passphrasesOf } from '../signer-harness.ts';

export const crashSteps = [
  'schema made, not committed',
  'key made, not sealed',
  'key sealed, not stored',
  'key inserted, not committed',
  'key stored, not answered',
  'signed, not recorded',
  'signature recorded, not committed',
  'signature committed, not answered',
] as const;

type Step = (typeof crashSteps)[number];

/** Called by the bundle that crash.test.ts makes. @public */
export async function main([file = '', step = '']: readonly string[]): Promise<void> {
  const dieAt = (here: Step): void => {
    if (here === step) process.kill(process.pid, 'SIGKILL');
  };
  let inTransaction: Step = 'schema made, not committed';
  dieInside(() => dieAt(inTransaction));
  const store = await openSqliteKeyStore(file);
  inTransaction = 'key inserted, not committed';
  const vault = new Vault({
    passphrases: {
      async passphrase() {
        dieAt('key made, not sealed');
        return passphrasesOf({ one: 'first' }).passphrase('one');
      },
    },
    defaultAlias: 'one',
    iterations: 1000,
    log: silentLog(),
  });
  const watched = watch(store, dieAt);
  const nowMs = Date.now;
  const ledger = new SignatureLedger(watched, nowMs);
  const policy = new SigningPolicy({ store: watched, vault, ledger, nowMs });
  const { id } = await policy.createKey('ecdsa', 'example.com/app', 'timestamp');
  process.stdout.write(`created ${id}\n`);
  inTransaction = 'signature recorded, not committed';
  await policy.sign(id, metadata('Timestamp', 5));
  process.stdout.write(`signed ${id}\n`);
}

/** Calls `die` inside every transaction, after its statements and before its commit. */
function dieInside(die: () => void): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its `this` below
  const { transaction: original } = Sqlite.prototype;
  Sqlite.prototype.transaction = function transaction(work) {
    return original.call(this, (...args: unknown[]) => {
      const result: unknown = work(...args);
      die();
      return result;
    });
  };
}

function watch(
  store: Awaited<ReturnType<typeof openSqliteKeyStore>>,
  dieAt: (step: Step) => void,
): Awaited<ReturnType<typeof openSqliteKeyStore>> {
  return {
    find: (keyId) => store.find(keyId),
    newestOf: (gun, role, max) => store.newestOf(gun, role, max),
    newestOfEachAlias: () => store.newestOfEachAlias(),
    floor: (keyId) => store.floor(keyId),
    remove: (keyId, atMs) => store.remove(keyId, atMs),
    check: () => store.check(),
    close: () => store.close(),
    async add(row) {
      dieAt('key sealed, not stored');
      const added = await store.add(row);
      dieAt('key stored, not answered');
      return added;
    },
    async recordSignatures(records) {
      dieAt('signed, not recorded');
      const missing = await store.recordSignatures(records);
      dieAt('signature committed, not answered');
      return missing;
    },
  };
}
