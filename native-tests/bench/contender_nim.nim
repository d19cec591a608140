## Nim's side of contender_nim.c: ref objects with Nim's own counts and its cycle collector ORC, as a Nim program has them.
##
## All nodes have three slots, since one static type has to fit all that a slot may refer to. A reference that C holds was
## moved out of a variable of Nim's (`give`) without a change of its count; it goes by GC_unref, or by being moved back.

type
  NodeObj = object
    slot: array[3, Node]
    id: uint64
  Node = ref NodeObj
  Leaf {.acyclic.} = ref object
    word: array[4, uint64]
  Sized[words: static int] {.acyclic.} = ref object
    word: array[words, uint64]
  Nodes = ptr UncheckedArray[Node]
  Leaves = ptr UncheckedArray[pointer]
  Order = ptr UncheckedArray[uint32]

var
  live: int64 # nodes and leaves
  automatic: bool

proc `=trace`(node: var NodeObj, env: pointer)

proc `=destroy`(node: var NodeObj) =
  dec live
  for i in 0 ..< 3:
    `=destroy`(node.slot[i])

proc `=trace`(node: var NodeObj, env: pointer) =
  for i in 0 ..< 3:
    `=trace`(node.slot[i], env)

proc newNode(id: uint64): Node {.inline.} =
  inc live
  Node(id: id)

template give(made: typed): pointer =
  var owned = made
  let address = cast[pointer](owned)
  wasMoved(owned)
  address

proc random(state: var uint64): uint64 {.inline.} =
  ## bench_random
  state = state xor (state shl 13)
  state = state xor (state shr 7)
  state = state xor (state shl 17)
  state

{.push cdecl, exportc.}

# Life and collection

proc nim_live(): int64 = live

proc nim_begin(on: bool) =
  automatic = on
  if on: GC_enableOrc() else: GC_disableOrc()

proc nim_collect(): int64 =
  let before = live
  GC_fullCollect()
  if not automatic: GC_disableOrc() # a collection sets a new threshold
  before - live

proc nim_node_new(id: uint64): pointer =
  give newNode(id)

proc nim_retain(node: pointer) =
  GC_ref(cast[Node](node))

proc nim_release(node: pointer) =
  GC_unref(cast[Node](node))

proc nim_set_slot(node: pointer, i: cint, to: pointer) =
  let owner {.cursor.} = cast[Node](node)
  owner.slot[i] = cast[Node](to)

proc nim_clear_slot(node: pointer, i: cint) =
  let owner {.cursor.} = cast[Node](node)
  owner.slot[i] = nil

proc nim_bytes_new(size: csize_t): pointer =
  inc live
  alloc(size)

proc nim_bytes_release(bytes: pointer) =
  dec live
  dealloc(bytes)

# The hot loops, as in hot_loops.h

proc nim_pairs(count: uint64) =
  for i in 0 ..< count:
    let node = newNode(i)
    {.emit: ["__asm__ volatile(\"\" : : \"r\"(", node, ") : \"memory\");"].}

proc nim_leaf_pairs(count: uint64) =
  for i in 0 ..< count:
    let leaf = Leaf()
    {.emit: ["__asm__ volatile(\"\" : : \"r\"(", leaf, ") : \"memory\");"].}

proc nim_fill(nodes: Nodes, count: csize_t) =
  for i in 0 ..< count:
    nodes[i] = newNode(i)

proc nim_drain(nodes: Nodes, order: Order, count: csize_t) =
  if order == nil:
    for i in 0 ..< count: nodes[i] = nil
  else:
    for i in 0 ..< count: nodes[order[i]] = nil

proc nim_counts(nodes: Nodes, order: Order, count: csize_t) =
  if order == nil:
    for i in 0 ..< count: GC_ref(nodes[i])
    for i in 0 ..< count: GC_unref(nodes[i])
  else:
    for i in 0 ..< count: GC_ref(nodes[order[i]])
    for i in 0 ..< count: GC_unref(nodes[order[i]])

proc newSized(index: uint64): pointer {.inline.} =
  inc live
  case index # the sizes of bench_sizes
  of 0: give Sized[2]()
  of 1: give Sized[3]()
  of 2: give Sized[4]()
  of 3: give Sized[6]()
  of 4: give Sized[9]()
  of 5: give Sized[13]()
  of 6: give Sized[19]()
  else: give Sized[25]()

proc dropSized(leaf: pointer) {.inline.} =
  dec live
  GC_unref(cast[Sized[2]](leaf)) # how it is freed does not depend on the size

proc nim_replace(leaves: Leaves, count: csize_t, rounds: uint64, state: var uint64): uint64 =
  for i in 0 ..< rounds:
    let place = ((random(state) shr 32) * uint64(count)) shr 32
    if leaves[place] != nil:
      if cast[ptr uint64](leaves[place])[] != place: inc result
      dropSized(leaves[place])
    leaves[place] = newSized((random(state) shr 32) mod 8)
    cast[ptr uint64](leaves[place])[] = place

proc nim_drop_leaves(leaves: Leaves, count: csize_t) =
  for i in 0 ..< count:
    if leaves[i] != nil: dropSized(leaves[i])
    leaves[i] = nil

proc treeUp(depth: cint): Node =
  if depth == 0: newNode(0)
  else:
    inc live
    Node(slot: [treeUp(depth - 1), treeUp(depth - 1), nil], id: uint64(depth))

proc grow(node: Node, depth: cint) =
  if depth > 0:
    node.slot[0] = newNode(uint64(depth - 1))
    node.slot[1] = newNode(uint64(depth - 1))
    grow(node.slot[0], depth - 1)
    grow(node.slot[1], depth - 1)

proc nim_tree_up(depth: cint): pointer =
  give treeUp(depth)

proc nim_tree_down(depth: cint): pointer =
  let root = newNode(uint64(depth))
  grow(root, depth)
  give root

proc nim_ring_new(id: uint64, held: pointer): pointer =
  let third = newNode(id)
  let second = newNode(id)
  second.slot[0] = third
  let first = newNode(id)
  first.slot[0] = second
  first.slot[1] = cast[Node](held)
  third.slot[0] = first
  give first

{.pop.}
