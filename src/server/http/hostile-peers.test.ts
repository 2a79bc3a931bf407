// Peers that are slow, silent, greedy or broken: each is dropped within its deadline, memory stays bounded, and
// others are served meanwhile.
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { formHeaders, HttpScene } from '../../../test/server/http-scene.ts';
import { closedByServer, serverSideOf } from '../../../test/server/server-side.ts';
import type { HttpLimits } from './limits.ts';

const quick: Partial<HttpLimits> = {
  headersMs: 300,
  requestMs: 3000,
  idleMs: 300,
  sweepMs: 50,
  sweepsWithoutProgress: 3,
  uploadWindowMs: 300,
  uploadBytesPerSecond: 1_000_000,
  refusedBodyMs: 200,
  refusedBodyBytes: 10_000,
};

let scene: HttpScene;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await scene.close();
});

interface Wire {
  readonly socket: Socket;
  /** What came, once the other side has closed. */
  readonly closed: Promise<string>;
}

function dial(): Wire {
  const socket = connect(scene.port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  return { socket, closed: new Promise((resolve) => socket.on('close', () => resolve(text))) };
}

/** Resolves once the server has read `bytes` of what the wire carried. */
async function arrived({ socket }: Wire, bytes: number): Promise<void> {
  const side = await serverSideOf(socket);
  await expect.poll(() => side.bytesRead, { interval: 5 }).toBeGreaterThanOrEqual(bytes);
}

describe('a client that sends too slowly', () => {
  it('is dropped when it sends nothing at all', async () => {
    scene = await HttpScene.start({}, quick);
    const wire = dial();
    const side = await serverSideOf(wire.socket);
    expect(await wire.closed).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(side).toMatchObject({ destroyed: true, bytesRead: 0 });
  });

  it('is dropped when it drips headers', async () => {
    scene = await HttpScene.start({}, quick);
    const wire = dial();
    wire.socket.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n');
    const drip = setInterval(() => wire.socket.write('X: y\r\n'), 20);
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  });

  it('is dropped when it drips an upload', async () => {
    scene = await HttpScene.start({}, quick);
    const wire = dial();
    wire.socket.write(
      `POST ${scene.tuf('')} HTTP/1.1\r\nHost: x\r\nContent-Type: ${formHeaders['content-type']}\r\nContent-Length: 100000\r\n\r\n`,
    );
    const drip = setInterval(() => wire.socket.write('x'), 20);
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  });

  it('is dropped when it rests too long between two requests', async () => {
    scene = await HttpScene.start({}, quick);
    const wire = dial();
    wire.socket.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await wire.closed).toContain('{}');
  });
});

describe('a client that holds what it has uploaded', () => {
  const size = 1_000_000;
  const held = size - 100;

  /** An upload of `size` of which `held` bytes have arrived, or which was refused. */
  async function stalled(): Promise<Wire> {
    const wire = dial();
    wire.socket.write(
      `POST ${scene.tuf('')} HTTP/1.1\r\nHost: x\r\nContent-Type: ${formHeaders['content-type']}\r\nContent-Length: ${size}\r\n\r\n`,
    );
    wire.socket.write(Buffer.alloc(held, 'x'));
    await Promise.race([arrived(wire, held), closedByServer(wire.socket)]);
    return wire;
  }

  it('is dropped when nothing more comes, however fast it was before', async () => {
    scene = await HttpScene.start({}, { uploadWindowMs: 200, uploadBytesPerSecond: 1000 });
    const wire = await stalled();
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('is dropped when too little comes for the memory that it holds', async () => {
    scene = await HttpScene.start({}, { uploadWindowMs: 200, uploadBytesPerSecond: 10 });
    const wire = await stalled();
    const drip = setInterval(() => wire.socket.write('x'), 20);
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  });

  it('cannot, with others, keep a publisher from uploading', async () => {
    scene = await HttpScene.start({}, { uploadBytes: size, inFlightBytes: 3 * size });
    await scene.useServerKeys('snapshot', 'timestamp');
    await Promise.all([stalled(), stalled(), stalled()]);
    expect((await scene.upload('root', 'targets')).status).toBe(200);
  });
});

describe('a client that reads too slowly', () => {
  it('is dropped when it takes nothing of a large answer', async () => {
    scene = await HttpScene.start({}, { ...quick, idleMs: 30_000 });
    await scene.useServerKeys('snapshot', 'timestamp');
    for (let at = 0; at < 40_000; at += 1_000) scene.sim.tag(`${at}-${'x'.repeat(100_000)}`);
    scene.sim.publishTargets();
    expect((await scene.upload('root', 'targets')).status).toBe(200);
    const wire = dial();
    wire.socket.pause();
    wire.socket.write(`GET ${scene.tuf('targets.json')} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await closedByServer(wire.socket);
    wire.socket.resume();
    const text = await wire.closed;
    expect(text.length).toBeGreaterThan(0);
    expect(text.length).toBeLessThan(scene.sim.bytes('targets').length);
  });

  it('cannot fill the memory with large answers that it does not read', async () => {
    scene = await HttpScene.start({}, { answerBytes: 10_000_000, sweepMs: 60_000 });
    await scene.useServerKeys('snapshot', 'timestamp');
    for (const version of [1, 2]) {
      for (let at = 0; at < 40; at += 1) scene.sim.tag(`${version}-${at}-${'x'.repeat(100_000)}`);
      scene.sim.publishTargets();
      await scene.upload('root', 'targets');
      scene.sim.publishRoot();
    }
    const ask = (name: string): Wire => {
      const wire = dial();
      wire.socket.pause();
      wire.socket.write(`GET ${scene.tuf(name)} HTTP/1.1\r\nHost: x\r\n\r\n`);
      return wire;
    };
    const idle = [ask('2.targets.json'), ask('2.targets.json'), ask('2.targets.json')];
    await expect.poll(async () => (await scene.ask(scene.tuf('3.targets.json'))).status).toBe(503);
    expect((await scene.ask(scene.tuf('2.targets.json'))).status).toBe(200);
    expect((await scene.ask(scene.tuf('root.json'))).status).toBe(200);
    for (const { socket } of idle) socket.destroy();
    await Promise.all(idle.map(({ closed }) => closed));
    await expect
      .poll(async () => (await scene.ask(scene.tuf('3.targets.json'))).status)
      .not.toBe(503);
  });

  it('gets the whole answer when it reads at all', async () => {
    scene = await HttpScene.start({}, { ...quick, idleMs: 30_000 });
    await scene.useServerKeys('snapshot', 'timestamp');
    for (let at = 0; at < 20; at += 1) scene.sim.tag(`${at}-${'x'.repeat(100_000)}`);
    scene.sim.publishTargets();
    await scene.upload('root', 'targets');
    const answer = await scene.ask(scene.tuf('targets.json'));
    expect(answer.body.equals(scene.sim.bytes('targets'))).toBe(true);
  });
});

describe('a client that sends too much', () => {
  it('is refused with headers beyond the limit', async () => {
    scene = await HttpScene.start({}, quick);
    const wire = dial();
    wire.socket.write(`GET /v2/ HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(64 * 1024)}\r\n\r\n`);
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('is cut off when it goes on after its upload was refused', async () => {
    scene = await HttpScene.start({}, quick);
    const wire = dial();
    wire.socket.write(
      `POST ${scene.tuf('')} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n`,
    );
    const pour = setInterval(() => wire.socket.write(Buffer.alloc(10_000)), 10);
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 400 /);
    clearInterval(pour);
  });

  it('keeps its connection when the refused body was small', async () => {
    scene = await HttpScene.start({}, quick);
    const wire = dial();
    const refused = `POST ${scene.tuf('')} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345`;
    wire.socket.write(`${refused}GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const text = await wire.closed;
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toMatch(/HTTP\/1\.1 200 OK/);
  });

  it('finds no more connections than there may be', async () => {
    scene = await HttpScene.start({}, { connections: 3 });
    const held = [dial(), dial(), dial()];
    await Promise.all(held.map(({ socket }) => serverSideOf(socket)));
    await dial().closed;
    held[0]!.socket.destroy();
    await closedByServer(held[0]!.socket);
    expect((await scene.ask('/v2/')).status).toBe(200);
  });
});

describe('a client that speaks nonsense', () => {
  it('is told so, and others are served', async () => {
    scene = await HttpScene.start({}, quick);
    for (const text of [
      'nonsense\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00',
      'GET /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      'GET /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n',
      'GET /v2/ HTTP/1.1\r\nHost: x\r\nX\0: y\r\n\r\n',
    ]) {
      const wire = dial();
      wire.socket.write(text);
      expect(await wire.closed).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect((await scene.ask('/v2/')).status).toBe(200);
  });

  it('that vanishes in the middle of an upload leaves nothing behind', async () => {
    scene = await HttpScene.start({}, { ...quick, inFlightBytes: 100_000 });
    for (let time = 0; time < 5; time += 1) {
      const wire = dial();
      wire.socket.write(
        `POST ${scene.tuf('')} HTTP/1.1\r\nHost: x\r\nContent-Type: ${formHeaders['content-type']}\r\nContent-Length: 50000\r\n\r\n${'x'.repeat(40_000)}`,
      );
      await arrived(wire, 40_000);
      wire.socket.destroy();
      await closedByServer(wire.socket);
    }
    const answer = await scene.uploadParts([['root', `"${'x'.repeat(40_000)}"`]]);
    expect(answer.status).toBe(400);
  });
});

describe('stopping', () => {
  it('finishes a request in flight and takes no new connection', async () => {
    scene = await HttpScene.start({}, { stopMs: 3000 });
    const wire = dial();
    wire.socket.write(
      `POST ${scene.tuf('')} HTTP/1.1\r\nHost: x\r\nContent-Type: ${formHeaders['content-type']}\r\nContent-Length: 3\r\n\r\n`,
    );
    await arrived(wire, 1);
    const closed = scene.close();
    await expect(scene.ask('/v2/')).rejects.toThrow(/ECONNREFUSED/);
    wire.socket.write('xyz');
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 400 /);
    await closed;
  });

  it('does not wait for ever', async () => {
    scene = await HttpScene.start({}, { stopMs: 200 });
    const wire = dial();
    wire.socket.write(
      `POST ${scene.tuf('')} HTTP/1.1\r\nHost: x\r\nContent-Type: ${formHeaders['content-type']}\r\nContent-Length: 3\r\n\r\n`,
    );
    await arrived(wire, 1);
    await scene.close();
    await wire.closed;
  });
});
