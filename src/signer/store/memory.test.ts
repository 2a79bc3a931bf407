import { describe } from 'vitest';
import { keyStoreContract } from '../../../test/signer/key-store.contract.ts';
import { MemoryKeyStore } from './memory.ts';

describe('the store in memory', () => keyStoreContract(async () => new MemoryKeyStore()));
