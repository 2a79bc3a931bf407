// Counts requests cheaply: a record is a few additions, because it is made for every read. What the numbers are
// called, and how they are written out, is metrics-page.ts.

/** Go's summaries look back ten minutes; two windows of five, one being filled, come close. */
const windowMs = 5 * 60 * 1000;

/** Buckets for each doubling: a quantile is then right to within a tenth. */
const bucketsPerDoubling = 8;
const bucketCount = 40 * bucketsPerDoubling;

/** The distribution of one measure of one operation. */
export class Distribution {
  count = 0;
  sum = 0;
  #filling = new Uint32Array(bucketCount);
  #before = new Uint32Array(bucketCount);
  #windowEndMs = 0;

  record(value: number, nowMs: number): void {
    this.count += 1;
    this.sum += value;
    if (nowMs >= this.#windowEndMs) this.#turn(nowMs);
    const bucket = value <= 1 ? 0 : Math.floor(Math.log2(value) * bucketsPerDoubling);
    const at = Math.min(bucket, bucketCount - 1);
    this.#filling[at] = (this.#filling[at] ?? 0) + 1;
  }

  /** The value below which a share of `quantile` (0 to 1) lies; undefined when nothing was seen lately. */
  quantile(quantile: number, nowMs: number): number | undefined {
    if (nowMs >= this.#windowEndMs) this.#turn(nowMs);
    const counts = this.#filling.map((count, at) => count + (this.#before[at] ?? 0));
    const total = counts.reduce((sum, count) => sum + count, 0);
    let left = Math.ceil(total * quantile);
    if (total === 0) return undefined;
    const bucket = counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return 2 ** ((bucket + 1) / bucketsPerDoubling);
  }

  #turn(nowMs: number): void {
    const isRecent = nowMs < this.#windowEndMs + windowMs;
    [this.#before, this.#filling] = [this.#filling, this.#before.fill(0)];
    if (!isRecent) this.#before.fill(0);
    this.#windowEndMs = nowMs + windowMs;
  }
}

export interface RequestRecord {
  readonly method: string;
  readonly status: number;
  readonly durationUs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export class OperationMetrics {
  readonly durationUs = new Distribution();
  readonly requestBytes = new Distribution();
  readonly responseBytes = new Distribution();
  /** By method in lower case and status, such as `get 200`. */
  readonly requests = new Map<string, number>();

  record(request: RequestRecord, nowMs: number): void {
    this.durationUs.record(request.durationUs, nowMs);
    this.requestBytes.record(request.requestBytes, nowMs);
    this.responseBytes.record(request.responseBytes, nowMs);
    const kind = `${request.method.toLowerCase()} ${request.status}`;
    this.requests.set(kind, (this.requests.get(kind) ?? 0) + 1);
  }
}

/** The operations that Go measures. */
const measuredOperations = [
  'UpdateTUF',
  'GetRoleByHash',
  'GetRoleByVersion',
  'GetRole',
  'GetKey',
  'RotateKey',
  'DeleteTUF',
  'Changefeed',
] as const;

export class RequestMetrics {
  readonly operations: ReadonlyMap<string, OperationMetrics> = new Map(
    measuredOperations.map((name) => [name, new OperationMetrics()]),
  );

  /** Operations that Go does not measure are not recorded. */
  record(operation: string, request: RequestRecord, nowMs: number): void {
    this.operations.get(operation)?.record(request, nowMs);
  }
}
