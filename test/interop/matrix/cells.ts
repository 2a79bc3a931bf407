// The cells of one server: each signer with each client, a test for each step. Cells run at once; the steps of a
// cell follow each other, and where one fails the rest is not reached.
import { beforeAll, describe, it } from 'vitest';
import { startEmbeddedPostgres } from '../../peers/embedded-postgres.ts';
import { useFakeEngine } from '../../peers/fake-engine.ts';
import type { Scratch } from '../../peers/scratch.ts';
import { isAlike, type ServerChoice, signers } from './choices.ts';
import { type ClientChoice, type Contestant, clientsWith, readersWith } from './clients.ts';
import { type PairedServices, startPairing } from './pairing.ts';
import { Play } from './play.ts';
import { stepList } from './step-list.ts';
import { stepsOf } from './steps.ts';
import { cellName, notReached } from './table.ts';

/** Longest time for one step, on a machine that has other work to do. */
const stepTimeoutMs = 120_000;
/** Each server and signer has a pool. */
const databaseSettings = ['max_connections=400'];

export function cellsOf(scratch: Scratch, server: ServerChoice): void {
  const engine = useFakeEngine(scratch);
  const pairings = new Map<string, Promise<PairedServices>>();
  beforeAll(async () => {
    const cluster = await startEmbeddedPostgres(scratch, { settings: databaseSettings });
    for (const signer of signers) {
      const pairing = startPairing(scratch, { server, signer, cluster, engine: engine.host });
      // A pairing that does not start fails its own cells, who wait for it.
      pairing.catch(() => undefined);
      pairings.set(signer.name, pairing);
    }
  });
  for (const signer of signers) {
    for (const client of clientsWith(engine, isAlike(server, signer))) {
      const name = cellName({ client: client.name, server: server.name, signer: signer.name });
      describe.concurrent(name, () => {
        cell(client, async (contestant) => {
          const services = await pairings.get(signer.name);
          if (services === undefined) throw new Error('there is no database');
          const readers = readersWith(engine);
          return Play.open({
            name: `${contestant.client.name} ${signers.indexOf(signer)}`.replaceAll(' ', '-'),
            ...contestant,
            readers,
            others: readers.filter((reader) => reader.name !== client.reader),
            services,
          });
        });
      });
    }
  }
}

function cell({ programs }: ClientChoice, open: (program: Contestant) => Promise<Play>): void {
  const able = programs.map(({ client }) => stepsOf(client));
  let plays: readonly Play[] = [];
  let failed: string | undefined;
  beforeAll(async () => {
    plays = await Promise.all(programs.map(open));
  }, stepTimeoutMs);
  for (const { name } of stepList) {
    if (!able.flat().some((step) => step.name === name)) continue;
    it.sequential(
      name,
      async () => {
        if (failed !== undefined) throw new Error(`${notReached}: ${failed} failed`);
        failed = name;
        for (const [index, play] of plays.entries()) {
          await able[index]?.find((step) => step.name === name)?.run(play);
        }
        failed = undefined;
      },
      stepTimeoutMs,
    );
  }
}
