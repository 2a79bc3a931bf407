// JSON that is well-formed and says something else: members missing, renamed, written twice, of another kind, lists
// in another order, signatures exchanged. Members are a list here, because a name may occur twice.
import fc from 'fast-check';

export type Tree = string | readonly Tree[] | Members;
export interface Members {
  readonly members: readonly (readonly [string, Tree])[];
}

/** Leaves are kept as they are written, so that numbers may be of any size. */
function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return { members: Object.entries(value).map(([name, member]) => [name, treeOf(member)]) };
}

export function textOf(tree: Tree): string {
  if (typeof tree === 'string') return tree;
  if (isList(tree)) return `[${tree.map(textOf).join(',')}]`;
  const members = tree.members.map(([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`);
  return `{${members.join(',')}}`;
}

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}

const oddNames = ['__proto__', 'constructor', 'toString', '', 'a.b', 'SIGNED', 'ſigned', '\0'];

/** What may stand where another value is expected. */
const oddValues: readonly string[] = (
  'null true 0 -1 1.5 1e400 9007199254740993 18446744073709551616 "" "\\u0000" "__proto__" "../../x" ' +
  '"1" [] {} [[]] [null] {"a":{"b":null}} "1970-01-01T00:00:00Z" "0001-01-01" {"__proto__":{"a":1}}'
)
  .split(' ')
  .concat(
    `"${'x'.repeat(5000)}"`,
    `"${Buffer.alloc(64).toString('base64')}"`,
    `[${Array(500).fill('0').join(',')}]`,
    '['.repeat(500) + ']'.repeat(500),
  );

type Edit = (tree: Tree) => Tree;

const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...oddValues).map(
      (value): Edit =>
        () =>
          value,
    ),
  },
  fc.constantFrom(...oddNames).map(
    (name): Edit =>
      (tree) =>
        renamed(tree, name),
  ),
  fc.tuple(fc.nat(), fc.constantFrom(...oddValues)).map(([at, value]) => twice(at, value)),
  fc.nat().map(
    (at): Edit =>
      (tree) =>
        without(tree, at),
  ),
  fc.nat().map(
    (at): Edit =>
      (tree) =>
        rotated(tree, at),
  ),
  fc.nat(40).map(
    (times): Edit =>
      (tree) =>
        isList(tree) ? Array(times).fill(tree).flat() : tree,
  ),
  fc.nat(200).map(
    (depth): Edit =>
      (tree) =>
        wrapped(tree, depth),
  ),
);

function renamed(tree: Tree, name: string): Tree {
  if (typeof tree === 'string' || isList(tree)) return tree;
  return { members: tree.members.map(([old, member], at) => [at === 0 ? name : old, member]) };
}

function twice(at: number, value: string): Edit {
  return (tree) => {
    if (typeof tree === 'string') return tree;
    if (isList(tree)) return [...tree, ...tree.slice(0, 1), value];
    const again = tree.members[at % Math.max(1, tree.members.length)];
    if (again === undefined) return { members: [['added', value]] };
    return { members: [...tree.members, at % 2 === 0 ? again : [again[0], value]] };
  };
}

function without(tree: Tree, at: number): Tree {
  if (typeof tree === 'string') return tree;
  if (isList(tree)) return tree.filter((_, index) => index !== at % tree.length);
  return { members: tree.members.filter((_, index) => index !== at % tree.members.length) };
}

function rotated(tree: Tree, by: number): Tree {
  if (typeof tree === 'string') return tree;
  const list = isList(tree) ? tree : tree.members;
  const at = by % Math.max(1, list.length);
  if (isList(tree)) return [...tree.slice(at), ...tree.slice(0, at)];
  return { members: [...tree.members.slice(at), ...tree.members.slice(0, at)] };
}

function wrapped(tree: Tree, depth: number): Tree {
  return depth === 0 ? tree : [wrapped(tree, depth - 1)];
}

function sizeOf(tree: Tree): number {
  if (typeof tree === 'string') return 1;
  const parts = isList(tree) ? tree : tree.members.map(([, member]) => member);
  return parts.reduce((size, part) => size + sizeOf(part), 1);
}

/** `tree` with `apply` done to its node number `at`, counted from the top, parents first. */
function editedAt(tree: Tree, at: number, apply: Edit): Tree {
  let left = at;
  const visit = (node: Tree): Tree => {
    if (left === 0) {
      left = -1;
      return apply(node);
    }
    if (left > 0) left -= 1;
    if (left < 0 || typeof node === 'string') return node;
    if (isList(node)) return node.map(visit);
    return { members: node.members.map(([name, member]) => [name, visit(member)] as const) };
  };
  return visit(tree);
}

/** One of `originals` (values as JSON.parse makes them) with up to `most` of its parts changed. */
export function mutatedTree(originals: readonly unknown[], most = 3): fc.Arbitrary<Tree> {
  return fc
    .tuple(
      fc.constantFrom(...originals.map(treeOf)),
      fc.array(fc.tuple(fc.nat(), edit), { maxLength: most }),
    )
    .map(([original, edits]) =>
      edits.reduce((tree, [at, apply]) => editedAt(tree, at % sizeOf(tree), apply), original),
    );
}

/** As `mutatedTree`, as the bytes of a file. */
export function mutatedJson(originals: readonly unknown[], most = 3): fc.Arbitrary<Buffer> {
  return mutatedTree(originals, most).map((tree) => Buffer.from(textOf(tree)));
}
