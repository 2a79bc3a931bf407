import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paraph, type WorldPlan } from '../../test/cli/world.ts';
import { runParaph } from '../cli/paraph/run.ts';
import { isFailure } from '../errors.ts';
import { attacks } from './attacks.ts';
import { Narrator } from './narrator.ts';
import { refusalOf, requireRefusal } from './refusal.ts';
import { type Scene, setScene } from './scene.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paraph-sandbox-test-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

const sandbox = (flags: readonly string[], plan: WorldPlan = {}) =>
  paraph(['sandbox', ...flags], { homeDir: directory, ...plan });

/** Whether anything listens on the port. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

describe('the story', { timeout: 60_000 }, () => {
  it('is told with real commands, each attack refused by its own code, and leaves nothing', async () => {
    const { status, stdout, stderr } = await sandbox(['--exit']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.match(/\[[A-Z_]+\]/g)).toEqual([
      '[TAG_NOT_SIGNED]',
      '[DIGEST_MISMATCH]',
      '[DIGEST_MISMATCH]',
      '[DIGEST_MISMATCH]',
      '[HASH_MISMATCH]',
      '[ROLLBACK]',
      '[ROOT_CHANGED]',
    ]);
    expect(stdout.match(/^ {3}Refused:/gm)).toHaveLength(6);
    expect(stdout).toMatch(
      /root +[0-9a-f]{7} {2}made now, encrypted in .*\/publisher\/trust\/private/,
    );
    expect(stdout).toMatch(/timestamp +[0-9a-f]{7} {2}made and held by localhost:\d+/);
    expect(stdout).toMatch(/hello@sha256:[0-9a-f]{64}\n/);
    const [, place = ''] = /encrypted in (.*)\/publisher/.exec(stdout) ?? [];
    expect(existsSync(place)).toBe(false);
  });

  it('ends in a stack to play with, which the variables it prints open, until somebody ends it', async () => {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let played: Promise<void> | undefined;
    const { status, stdout } = await sandbox([], {
      interrupted: () => ended,
      onOutput: (text) => {
        if (text.includes('Ctrl-C ends it')) played ??= play(text).finally(end);
      },
    });
    await played;
    expect(status).toBe(0);
    const [, port = ''] =
      /DOCKER_CONTENT_TRUST_SERVER=https:\/\/localhost:(\d+)/.exec(stdout) ?? [];
    expect(await accepts(Number(port))).toBe(false);
    const [, place = ''] = /DOCKER_CONFIG=(.*)\/publisher/.exec(stdout) ?? [];
    expect(existsSync(place)).toBe(false);
  });

  async function play(afterword: string): Promise<void> {
    const variables = [...afterword.matchAll(/export ([A-Z_]+)=(\S+)/g)];
    const env = Object.fromEntries(variables.map(([, name = '', value = '']) => [name, value]));
    const [, repository = ''] = /paraph inspect (\S+)/.exec(afterword) ?? [];
    const inspected = await paraph(['inspect', repository], { env });
    expect(inspected, inspected.stderr).toMatchObject({ status: 0 });
    const signed = await paraph(['sign', `${repository}:dev`], { env });
    expect(signed, signed.stderr).toMatchObject({ status: 0 });
    expect(await paraph(['verify', `${repository}:dev`], { env })).toMatchObject({ status: 0 });
    expect(statSync(join(env['DOCKER_CONFIG'] ?? '', 'trust')).mode & 0o777).toBe(0o700);
  }

  it('that is interrupted ends and leaves nothing', async () => {
    vi.stubEnv('TMPDIR', directory);
    let interrupt = (): void => undefined;
    const interrupted = new Promise<void>((resolve) => (interrupt = resolve));
    let places: readonly string[] = [];
    let port = 0;
    const { status, stdout } = await sandbox([], {
      interrupted: () => interrupted,
      onOutput: (text) => {
        const [, named = ''] = /localhost:(\d+)\/demo/.exec(text) ?? [];
        if (named === '' || port > 0) return;
        port = Number(named);
        places = readdirSync(directory);
        interrupt();
      },
    });
    expect(status).toBe(0);
    expect(places).toEqual([expect.stringMatching(/^paraph-sandbox-/)]);
    expect(stdout).not.toContain('attacks, all refused');
    expect(readdirSync(directory)).toEqual([]);
    expect(await accepts(port)).toBe(false);
  });
});

describe('--keep', { timeout: 60_000 }, () => {
  it('keeps keys, trust data and certificates', async () => {
    expect(await sandbox(['--exit', '--keep', 'kept'])).toMatchObject({ status: 0 });
    const kept = join(directory, 'kept');
    expect(readdirSync(join(kept, 'publisher/trust/private'))).toHaveLength(2);
    expect(statSync(join(kept, 'certificates/server.key')).mode & 0o777).toBe(0o600);
    expect(statSync(kept).mode & 0o777).toBe(0o700);
  });

  it('takes no directory that holds something already', async () => {
    writeFileSync(join(directory, 'mine'), '');
    const { status, stderr } = await sandbox(['--exit', '--keep', directory]);
    expect(status).toBe(2);
    expect(stderr).toContain('is not empty');
    expect(readdirSync(directory)).toEqual(['mine']);
  });
});

describe('an attack that is not refused', { timeout: 60_000 }, () => {
  it('ends the story with a failure', async () => {
    const scene = await quietScene();
    const [, changedLayer = () => Promise.resolve()] = attacks;
    // The layer is never replaced, so the pull goes through.
    scene.stack.registry.content.replaceBlob = () => undefined;
    try {
      const { bytes } = scene.good.manifest;
      scene.stack.registry.content.addBlob(scene.good.layer.bytes);
      scene.stack.registry.content.addBlob(scene.good.config.bytes);
      scene.stack.registry.content.addManifest(
        'demo/hello',
        '1.0',
        'application/vnd.oci.image.manifest.v1+json',
        bytes,
      );
      await expect(changedLayer(scene, `${scene.repository}:1.0`)).rejects.toMatchObject({
        code: 'INTERNAL',
      });
    } finally {
      await scene.close();
    }
  });

  it('is one with another code, with output, or with success', async () => {
    const refused = { status: 3, stdout: '', stderr: 'error: x [ROLLBACK]\n' };
    expect(() => requireRefusal(refused, 'ROLLBACK')).not.toThrow();
    for (const wrong of [
      { ...refused, status: 0 },
      { ...refused, stdout: 'name@sha256:x\n' },
      { ...refused, stderr: 'error: x [ROOT_CHANGED]\n' },
    ]) {
      expect(() => requireRefusal(wrong, 'ROLLBACK')).toThrow(/was not refused as ROLLBACK/);
    }
    const rejected = refusalOf(() => Promise.reject(new Error('x')), 'ROLLBACK');
    await expect(rejected).rejects.toSatisfy((error) => isFailure(error, 'INTERNAL'));
  });

  function quietScene(): Promise<Scene> {
    const silent = { write: () => true };
    return setScene({
      directory,
      paraph: runParaph,
      narrator: new Narrator(silent, false),
      world: {
        env: {},
        homeDir: directory,
        workingDir: directory,
        stdout: silent,
        stderr: silent,
        stdin: () => {
          throw new Error('nothing is read');
        },
        terminalStreams: () => {
          throw new Error('nobody is asked');
        },
        nowMs: Date.now,
        interrupted: () => new Promise(() => undefined),
      },
    });
  }
});
