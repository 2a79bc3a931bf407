export { run } from './unfinished.ts';
