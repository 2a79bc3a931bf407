import { describe, expect, it } from 'vitest';
import { describeManifest, digestOf, manifestTypes } from './manifest.ts';

const [ociIndex, dockerList, ociManifest, dockerManifest] = manifestTypes;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: 'x', size: 1 };
const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const image = (mediaType?: string): object => ({ schemaVersion: 2, mediaType, config, layers: [] });
const index = (mediaType: string | undefined, manifests: unknown[]): object => ({
  schemaVersion: 2,
  mediaType,
  manifests,
});
const forPlatform = (os: string): object => ({ digest: 'x', platform: { os, architecture: os } });

describe('a manifest', () => {
  it.each([
    ['docker', dockerManifest, image(dockerManifest), 0],
    ['OCI', ociManifest, image(ociManifest), 0],
    ['OCI that does not name itself', ociManifest, image(), 0],
    [
      'docker list',
      dockerList,
      index(dockerList, [forPlatform('linux'), forPlatform('windows')]),
      2,
    ],
    ['OCI index', ociIndex, index(ociIndex, [forPlatform('linux')]), 1],
    ['OCI index that does not name itself', ociIndex, index(undefined, []), 0],
    [
      'index with attestations',
      ociIndex,
      index(ociIndex, [forPlatform('linux'), forPlatform('unknown')]),
      1,
    ],
    ['index without platforms', ociIndex, index(ociIndex, [{ digest: 'x' }]), 1],
  ])('of kind %s is described by its own bytes', (_what, mediaType, value, platforms) => {
    const bytes = bytesOf(value);
    expect(describeManifest(bytes, mediaType)).toEqual({
      digest: digestOf('sha256', bytes),
      mediaType,
      size: bytes.length,
      platforms,
    });
  });

  it('may come with parameters of its type', () => {
    const bytes = bytesOf(image(dockerManifest));
    expect(describeManifest(bytes, `${dockerManifest}; charset=utf-8`).mediaType).toBe(
      dockerManifest,
    );
  });

  it.each([
    ['without a type', undefined, image(dockerManifest)],
    ['as plain JSON', 'application/json', image(dockerManifest)],
    [
      'of schema 1',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      { schemaVersion: 1 },
    ],
    [
      'of schema 1 under a newer type',
      dockerManifest,
      { schemaVersion: 1, mediaType: dockerManifest, layers: [] },
    ],
    ['sent as another type than it says', ociManifest, image(dockerManifest)],
    ['sent as an index', ociIndex, image(ociManifest)],
    ['of docker without naming itself', dockerManifest, image()],
    ['that is an index as well', ociManifest, { ...image(ociManifest), manifests: [] }],
    ['that is an index with layers', ociIndex, { ...index(ociIndex, []), layers: [] }],
    ['without layers', ociManifest, { schemaVersion: 2 }],
    ['that is an index without images', ociIndex, { schemaVersion: 2 }],
    ['that is a list', ociManifest, []],
    ['with a type that is no text', ociManifest, { ...image(), mediaType: 7 }],
  ])('%s is refused', (_what, mediaType, value) => {
    expect(() => describeManifest(bytesOf(value), mediaType)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    );
  });

  it.each(['', 'x', '{"schemaVersion":2,"schemaVersion":2,"layers":[]}', '{"schemaVersion":2'])(
    'that is not strict JSON is refused: %j',
    (text) => {
      expect(() => describeManifest(Buffer.from(text), ociManifest)).toThrow(
        expect.objectContaining({ code: 'MANIFEST_INVALID' }),
      );
    },
  );
});
