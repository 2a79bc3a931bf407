// One function for each operation of the route table: reads what the request says, asks the release room, and
// turns the outcome into an answer. Rights and prefixes were judged before; failures are turned into answers
// after.
import type { IncomingMessage } from 'node:http';
import type { Health } from '../../daemon/health.ts';
import { isRoleName, type RoleName } from '../../tuf/role.ts';
import type { PublishedFiles } from '../release/published-files.ts';
import type { Publisher } from '../release/publisher.ts';
import { type ServerKeyPorts, serverKey } from '../release/server-keys.ts';
import type { OnlineRole } from '../release/signing-service.ts';
import type { StoredFile } from '../store/store.ts';
import { type Answer, empty, jsonAnswer, plain, refusal, unreadableRequest } from './answer.ts';
import { type ByteBudget, Share } from './byte-budget.ts';
import { changesAnswer } from './changefeed.ts';
import type { HttpLimits } from './limits.ts';
import type { Freshness, MetadataAnswers } from './metadata-answer.ts';
import { multipartBoundary } from './multipart.ts';
import { readBody } from './request-body.ts';
import type { Match, Operation } from './routes.ts';
import { readUpload } from './upload.ts';

export interface Call {
  readonly request: IncomingMessage;
  readonly match: Match;
  readonly query: string;
}

export type Handler = (call: Call) => Promise<Answer>;

export interface HandlerPorts {
  readonly files: PublishedFiles;
  readonly publisher: Publisher;
  readonly keys: ServerKeyPorts;
  readonly health: Health;
  readonly answers: MetadataAnswers;
  readonly uploads: ByteBudget;
  readonly limits: HttpLimits;
  readonly metricsPage: () => Promise<Answer>;
}

const pong = plain(Buffer.from('{}'));
const notFound = refusal('METADATA_NOT_FOUND');
/** Storage was asked and said no. */
const notStored = refusal('METADATA_NOT_FOUND', {});
const largestInt64 = 2n ** 63n - 1n;

export function createHandlers(ports: HandlerPorts): Readonly<Record<Operation, Handler>> {
  const { files, publisher, answers, keys } = ports;
  const found: Found = (file, freshness, { request }) =>
    file === undefined ? notStored : answers.answer(file, freshness, ifNoneMatch(request));
  return {
    Ping: async () => pong,
    NotFound: async () => notFound,
    Metrics: () => ports.metricsPage(),
    Health: async () => healthAnswer(ports.health),
    UpdateTUF: (call) => update(call, ports),
    GetRole: async (call) => {
      const role = roleOf(call);
      const file = role && (await files.current(call.match.gun, role));
      return found(file, 'current', call);
    },
    GetRoleByHash: async (call) => {
      const role = roleOf(call);
      const file = role && (await files.byChecksum(call.match.gun, role, call.match.which));
      return found(file, 'consistent', call);
    },
    GetRoleByVersion: (call) => byVersion(call, files, found),
    GetKey: async ({ match }) =>
      keyAnswer(await serverKey(match.gun, onlineRole(match.role), keys)),
    RotateKey: async ({ match }) =>
      keyAnswer(await keys.signing.createKey(match.gun, onlineRole(match.role))),
    DeleteTUF: async ({ match }) => {
      await publisher.remove(match.gun);
      return empty(200);
    },
    Changefeed: ({ match, query }) => changesAnswer(keys.store, query, match.gun),
    AllChanges: ({ query }) => changesAnswer(keys.store, query),
  };
}

type Found = (file: StoredFile | undefined, freshness: Freshness, call: Call) => Answer;

/** Undefined for a name that the route admits and no role can have: it is not stored either. */
function roleOf({ match }: Call): RoleName | undefined {
  return isRoleName(match.role) ? match.role : undefined;
}

/** Looked for where it stands: `headers` would sort out all of them, which costs more than the rest. */
function ifNoneMatch({ rawHeaders }: IncomingMessage): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 13 && name.toLowerCase() === 'if-none-match') return rawHeaders[at + 1];
  }
  return undefined;
}

async function byVersion(call: Call, files: PublishedFiles, found: Found): Promise<Answer> {
  const { gun, which } = call.match;
  if (BigInt(which) > largestInt64) {
    return refusal('METADATA_NOT_FOUND', { Func: 'Atoi', Num: which, Err: {} });
  }
  const version = Number(which);
  const role = roleOf(call);
  if (version === 0 || !Number.isSafeInteger(version) || role === undefined) return notStored;
  return found(await files.byVersion(gun, role, version), 'consistent', call);
}

/** The route admits these two alone. */
function onlineRole(role: string): OnlineRole {
  return role === 'snapshot' ? 'snapshot' : 'timestamp';
}

/** As Go writes a single key: public before private. */
function keyAnswer(key: { readonly keyType: string; readonly publicBytes: Buffer }): Answer {
  const keyval = { public: key.publicBytes.toString('base64'), private: null };
  return plain(Buffer.from(JSON.stringify({ keytype: key.keyType, keyval })));
}

function healthAnswer({ failures }: Health): Answer {
  const problems = [...failures].map(([name, failure]) => [name, failure.message]);
  return jsonAnswer(problems.length === 0 ? 200 : 503, Object.fromEntries(problems));
}

async function update(
  { request, match }: Call,
  { limits, publisher, uploads }: HandlerPorts,
): Promise<Answer> {
  const boundary = multipartBoundary(request.headers['content-type']);
  if (boundary === undefined) return refusal('MALFORMED_UPLOAD');
  const share = new Share(uploads);
  try {
    const body = await readBody(request, limits, share);
    if (body.kind !== 'body') return refusedBody(body.kind);
    const upload = readUpload(body.bytes, boundary, limits);
    if (upload.kind === 'refused') return upload.answer;
    await publisher.publish(match.gun, upload.files);
    return empty(200);
  } finally {
    share.close();
  }
}

function refusedBody(reason: 'too-large' | 'busy' | 'too-slow' | 'gone'): Answer {
  if (reason === 'too-large') return refusal('UPLOAD_TOO_LARGE');
  if (reason === 'busy') return refusal('UNAVAILABLE', undefined, ['Retry-After', '5']);
  return unreadableRequest(408, 'Request Timeout');
}
