import { expect, it } from 'vitest';
import { dataDirectory } from './data-directory.ts';

it('is the first place that is set', () => {
  const env = {
    PARAPH_SIGNER_DATA_DIR: '/chosen',
    STATE_DIRECTORY: '/var/lib/paraph:/var/lib/more',
    XDG_DATA_HOME: '/xdg',
    HOME: '/home/a',
  };
  expect(dataDirectory('signer', env)).toBe('/chosen');
  expect(dataDirectory('server', env)).toBe('/var/lib/paraph/server');
  expect(dataDirectory('server', { ...env, STATE_DIRECTORY: '' })).toBe('/xdg/paraph/server');
  expect(dataDirectory('signer', { HOME: '/home/a' })).toBe('/home/a/.local/share/paraph/signer');
});

it('is refused without a home directory', () => {
  expect(() => dataDirectory('signer', {})).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  );
});
