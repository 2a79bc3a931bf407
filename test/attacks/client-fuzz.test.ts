// A client before a server that answers anything, and on a trust directory in which anything may lie: metadata with
// faults in its bytes, metadata that says odd things under the right signatures, mutated caches, change files and
// pins. Refusals are coded, and none of them changes a file.
//
// Runs are seeded: test/fuzz/settings.ts says how to make them long, and others.
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { resolveTag } from '../../src/client/consume/resolve.ts';
import { editsOf } from '../../src/client/publish/change-edits.ts';
import { parseChange } from '../../src/client/trustdir/change.ts';
import { readPinFile } from '../../src/client/trustdir/pin-file.ts';
import { catalogue, exitStatus, isFailure } from '../../src/errors.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import { Consumer } from '../client/consumer.ts';
import { releasedTwice } from '../client/scenes.ts';
import type { SimulatedServer } from '../client/simulated-server.ts';
import { mutatedBytes } from '../fuzz/mutated-bytes.ts';
import { mutatedJson, mutatedTree, textOf } from '../fuzz/mutated-json.ts';
import { holds, timeoutMs } from '../fuzz/settings.ts';
import type { RepositorySimulator } from '../simulator/repository.ts';

const roles: readonly RoleName[] = ['root', 'timestamp', 'snapshot', 'targets', 'targets/releases'];
let repository: RepositorySimulator;
let server: SimulatedServer;
let settled: Consumer;
beforeAll(async () => {
  ({ repository, server, consumer: settled } = await releasedTwice());
  await refresh(repository.gun, settled);
  repository.tag('v3', 'newer', 'targets/releases');
  repository.publish();
});
afterAll(() => settled.remove());

/** Every file below `path` with its bytes. */
async function filesIn(path: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) found.set(file.slice(path.length), (await readFile(file)).toString('hex'));
  }
  return found;
}

/** Who trusts the repository as it was: a machine of its own for each run. */
async function withConsumer(work: (consumer: Consumer) => Promise<void>): Promise<void> {
  const consumer = await Consumer.make(server);
  try {
    await cp(settled.directory.path, consumer.directory.path, { recursive: true });
    await work(consumer);
  } finally {
    await consumer.remove();
  }
}

const honestCodes: readonly number[] = [
  exitStatus.refused,
  exitStatus.expired,
  exitStatus.unsigned,
];

/** What `work` throws is of a code whose exit status says that something is refused. */
async function codedOrDone(work: () => Promise<unknown>, more: readonly number[] = []) {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isFailure(error)) throw error;
    expect([...honestCodes, ...more], error.code).toContain(catalogue[error.code].exit);
    return false;
  }
}

async function update(consumer: Consumer): Promise<void> {
  resolveTag(await refresh(repository.gun, consumer), 'v1');
}

async function isRefusedWithoutTrace(consumer: Consumer): Promise<void> {
  const before = await filesIn(consumer.directory.path);
  let isRefreshed = false;
  const isDone = await codedOrDone(async () => {
    const trusted = await refresh(repository.gun, consumer);
    isRefreshed = true;
    resolveTag(trusted, 'v1');
  });
  if (!isDone && !isRefreshed) expect(await filesIn(consumer.directory.path)).toEqual(before);
}

describe('a server that answers', () => {
  const role = fc.constantFrom(...roles);

  it(
    'metadata with mutated bytes is refused with a code, or believed where it is as before',
    () => {
      const answer = role.chain((name) =>
        fc.tuple(
          fc.constant(name),
          fc.oneof(
            mutatedBytes([repository.bytes(name)]),
            mutatedJson([JSON.parse(repository.bytes(name).toString())]),
          ),
        ),
      );
      return holds(30, answer, ([name, bytes]) =>
        withConsumer(async (consumer) => {
          server.interfere = (asked) => (asked.role === name ? bytes : undefined);
          await isRefusedWithoutTrace(consumer);
          server.recover();
          await update(consumer);
        }),
      );
    },
    timeoutMs(30),
  );

  it(
    'odd things under the right signature is refused with a code, or believed',
    () => {
      const answer = role.chain((name) => {
        const { signed } = JSON.parse(repository.bytes(name).toString());
        return fc.tuple(fc.constant(name), mutatedTree([signed], 2));
      });
      return holds(40, answer, ([name, tree]) =>
        withConsumer(async (consumer) => {
          const said = textOf(tree);
          const signatures = (repository.signers.get(name) ?? []).map((key) => {
            const { keyId, method, sig } = key.sign(Buffer.from(said));
            return { keyid: keyId, method, sig: sig.toString('base64') };
          });
          const bytes = Buffer.from(
            `{"signed":${said},"signatures":${JSON.stringify(signatures)}}`,
          );
          server.interfere = (asked) => (asked.role === name ? bytes : undefined);
          await isRefusedWithoutTrace(consumer);
          server.recover();
        }),
      );
    },
    timeoutMs(40),
  );
});

describe('a trust directory in which', () => {
  it(
    'files are mutated is healed from the server, or refused with a code',
    async () => {
      const names = [...(await filesIn(settled.directory.path)).keys()];
      const damage = fc.constantFrom(...names).chain((name) =>
        fc.tuple(
          fc.constant(name),
          fc.constant(0).chain(() => {
            const whole = Buffer.from(wholeFiles.get(name) ?? '', 'hex');
            return mutatedBytes([whole], 3);
          }),
        ),
      );
      const wholeFiles = await filesIn(settled.directory.path);
      await holds(30, damage, ([name, bytes]) =>
        withConsumer(async (consumer) => {
          await writeFile(join(consumer.directory.path, name), bytes);
          await codedOrDone(() => update(consumer), [exitStatus.machine]);
        }),
      );
    },
    timeoutMs(30),
  );

  it(
    'change files are mutated keeps them, and says which cannot be read',
    async () => {
      const folder = new URL('../vectors/repo/', import.meta.url);
      const originals: Buffer[] = [];
      for (const name of ['changelist', 'delegations']) {
        for (const file of await readdir(new URL(name, folder))) {
          if (file.endsWith('.change')) {
            originals.push(await readFile(new URL(`${name}/${file}`, folder)));
          }
        }
      }
      const parsed = originals.map((bytes): unknown => JSON.parse(bytes.toString()));
      const contents = parsed.map((change) => {
        const { data = '' } = change as { data?: string };
        return JSON.parse(Buffer.from(data, 'base64').toString() || '{}') as unknown;
      });
      const bytes = fc.oneof(
        mutatedBytes(originals),
        mutatedJson(parsed),
        fc.tuple(fc.nat(parsed.length - 1), mutatedTree(contents)).map(([at, tree]) => {
          const data = Buffer.from(textOf(tree)).toString('base64');
          return Buffer.from(JSON.stringify({ ...(parsed[at] as object), data }));
        }),
      );
      await withConsumer(async (consumer) => {
        const { changeList } = consumer.directory.repository(repository.gun);
        const file = changeList.pathOf('01795553283068362699_a.change');
        await mkdir(dirname(file), { recursive: true });
        await holds(200, bytes, async (made) => {
          await writeFile(file, made);
          const staged = await changeList.list();
          expect(staged).toHaveLength(1);
          expect(await readFile(file)).toEqual(made);
          await codedOrDone(
            async () => editsOf(parseChange(made, file), file),
            [exitStatus.machine, exitStatus.usage],
          );
        });
      });
    },
    timeoutMs(200),
  );

  it(
    'pins are mutated is pinned or refused',
    () => {
      const pins = {
        trust_pinning: {
          certs: { 'example.com/*': ['0'.repeat(64)] },
          ca: { 'example.com/a': './ca.crt' },
          disable_tofu: true,
        },
      };
      const original = Buffer.from(JSON.stringify(pins));
      return withConsumer((consumer) => {
        const path = join(consumer.directory.path, 'pins.json');
        return holds(
          200,
          fc.oneof(mutatedJson([pins]), mutatedBytes([original])),
          async (bytes) => {
            await writeFile(path, bytes);
            const place = { path, isNamed: false, workingDirectory: '/nowhere' };
            await codedOrDone(() => readPinFile(place), [exitStatus.usage, exitStatus.machine]);
          },
        );
      });
    },
    timeoutMs(200),
  );
});
