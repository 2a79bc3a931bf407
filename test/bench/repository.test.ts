import { describe, expect, it } from 'vitest';
import { manyTags, tagName } from '../../bench/large-repository.ts';
import { readHead, uploadRequest } from '../../bench/load/http-connection.ts';
import { BenchRepository } from '../../bench/repository.ts';
import { multipartBoundary, readMultipart } from '../../src/server/http/multipart.ts';
import { parseRoot, roleKeysOf } from '../../src/tuf/root.ts';
import { checkRoot } from '../../src/tuf/root-trust.ts';
import { checkThreshold } from '../../src/tuf/signature.ts';
import { parseTargets } from '../../src/tuf/targets.ts';
import { SimulatedKey } from '../simulator/simulated-key.ts';

const gun = 'registry.example.com/team/large';
const nowMs = Date.parse('2026-11-25T00:00:00Z');

describe('a generated repository', () => {
  const repository = new BenchRepository(gun, nowMs, manyTags(300));
  const serverKey = SimulatedKey.generate().key;
  const root = parseRoot(repository.root(serverKey, serverKey));

  it('has a root that a consumer accepts', () => {
    expect(() => checkRoot(root, { gun, nowMs, certificateExpiry: 'refused' })).not.toThrow();
    expect(root.signed.version).toBe(1);
  });

  it('has signed targets with every tag under both hashes', () => {
    const file = parseTargets(repository.nextTargets(), 'targets');
    const { keys } = root.signed;
    const role = roleKeysOf(root.signed, 'targets');
    expect(() =>
      checkThreshold('targets', role, keys, file.message, file.signatures),
    ).not.toThrow();
    expect(file.signed.targets.size).toBe(300);
    expect([...(file.signed.targets.get(tagName(299))?.hashes.keys() ?? [])]).toEqual([
      'sha256',
      'sha512',
    ]);
  });

  it('raises the version with each file', () => {
    const versions = [repository.nextTargets(), repository.nextTargets()].map(
      (bytes) => parseTargets(bytes, 'targets').signed.version,
    );
    expect(versions[1]).toBe((versions[0] ?? 0) + 1);
  });
});

describe('the load generator', () => {
  it('uploads files that the server reads back byte for byte', () => {
    const bytes = Buffer.from('{"signed":{}}');
    const request = uploadRequest('/v2/a/_trust/tuf/', new Map([['targets/releases', bytes]]));
    const end = request.indexOf('\r\n\r\n');
    const head = request.toString('latin1', 0, end);
    const boundary = multipartBoundary(/^content-type: (.*)$/im.exec(head)?.[1]) ?? '';
    const body = request.subarray(end + 4);
    expect(head).toContain(`Content-Length: ${body.length}`);
    expect(readMultipart(body, boundary, 1)).toEqual({
      kind: 'parts',
      parts: [{ filename: 'targets/releases', bytes }],
    });
  });

  it('knows where an answer ends, and waits for a head that is cut off', () => {
    const answer = Buffer.from('HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nabcde');
    expect(readHead(answer)).toEqual({
      status: 404,
      total: answer.length,
      bodyAt: answer.length - 5,
    });
    expect(readHead(answer.subarray(0, 20))).toBeUndefined();
  });

  it('refuses an answer whose length it cannot know', () => {
    const chunked = Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    expect(() => readHead(chunked)).toThrow('cannot read');
  });
});
