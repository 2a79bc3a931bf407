import { expect, it } from 'vitest';
import { bind } from './bind.ts';

/** Listens where `faults` names no error of the system. */
function machine(faults: Readonly<Record<string, string>>) {
  const tried: string[] = [];
  const listen = async (host: string, port: number): Promise<number> => {
    tried.push(host);
    const code = faults[host];
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    return port;
  };
  return { tried, bound: (host: string) => bind(listen, { host, port: 7 }, 'server.x') };
}

it('takes every address of both families, or of one on a machine without IPv6', async () => {
  const both = machine({});
  expect(await both.bound('')).toBe(7);
  expect(both.tried).toEqual(['::']);
  for (const code of ['EAFNOSUPPORT', 'EADDRNOTAVAIL']) {
    const one = machine({ '::': code });
    expect(await one.bound('')).toBe(7);
    expect(one.tried).toEqual(['::', '0.0.0.0']);
  }
});

it('shares no port with a program that has it in one family', async () => {
  const { tried, bound } = machine({ '::': 'EADDRINUSE' });
  await expect(bound('')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: ':7 cannot be listened on',
    remedy: 'Choose a free port and an address of this machine in server.x.',
    cause: { code: 'EADDRINUSE' },
  });
  expect(tried).toEqual(['::']);
});

it('takes a named address and no other', async () => {
  const { tried, bound } = machine({ '::1': 'EAFNOSUPPORT' });
  await expect(bound('::1')).rejects.toMatchObject({ message: '[::1]:7 cannot be listened on' });
  expect(tried).toEqual(['::1']);
});
