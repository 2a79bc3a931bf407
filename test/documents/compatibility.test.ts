// The page that a run of the matrix leaves says that every step of every cell holds.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isAlike, servers, signers } from '../interop/matrix/choices.ts';
import { clientsWith } from '../interop/matrix/clients.ts';
import { stepList } from '../interop/matrix/step-list.ts';
import { stepsOf } from '../interop/matrix/steps.ts';
import { type Cell, compatibilityPage } from '../interop/matrix/table.ts';

const noEngine = { host: 'none', hold: () => undefined };

it('the compatibility page has every cell, and none of them fails', () => {
  const cells = Object.values(servers).flatMap((server) =>
    signers.flatMap((signer) =>
      clientsWith(noEngine, isAlike(server, signer), (name) => name).map(
        ({ name, programs }): Cell => {
          const done = new Set(
            programs.flatMap(({ client }) => stepsOf(client).map((step) => step.name)),
          );
          const marks = stepList.map((step) => (done.has(step.name) ? 'passed' : 'cannot'));
          return { client: name, server: server.name, signer: signer.name, marks };
        },
      ),
    ),
  );
  expect(readFileSync('docs/reference/compatibility.md', 'utf8')).toBe(compatibilityPage(cells));
});
