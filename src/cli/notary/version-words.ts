// What notary says of its version, with ours in the place of its own: no commit is known of a release, and no Go
// has made it (notary CLI §1).
import { version } from '../../version.ts';

const commit = 'paraph';
const madeBy = `none, Node.js ${process.versions.node}`;

export function versionLine(): string {
  return `notary Version: ${version}, Git commit: ${commit}, Go version: ${madeBy}\n`;
}

export function versionTable(): string {
  return `notary\n Version:    ${version}\n Git commit: ${commit}\n Go version: ${madeBy}\n`;
}
