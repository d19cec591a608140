// Does a reader that is not ours find in a snapshot what was put into the heap? memlab (@memlab/heap-analysis) reads V8's format,
// computes dominators and retained sizes, and finds shortest paths from the root.
//
//   node test_memlab.js PLANTED_HEAP DIRECTORY     the program of planted_heap.c, and where its snapshot may lie
'use strict';

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const path = require('node:path');
const {getFullHeapFromFile, ObjectShallowAnalysis} = require('@memlab/heap-analysis');
const {config} = require('@memlab/core');

const tests = {
  'sizes add up to what the statistics say'({heap, expected}) {
    let objects = 0, all = 0, bytes = 0;
    heap.nodes.forEach(node => {
      all += node.self_size;
      bytes += node.type === 'object' ? node.self_size : 0;
      objects += node.type === 'object' ? 1 : 0;
    });
    assert.equal(objects, expected.live_objects);
    assert.equal(bytes, expected.live_bytes);
    assert.equal(all, expected.live_bytes + expected.raw_bytes + expected.external_bytes);
    assert.equal(heap.nodes.get(0).retainedSize, all);
  },

  'types are constructors, names come through whole'({named, expected}) {
    assert.equal(named('Session').length, expected.sessions + 2);
    assert.equal(named('User "name"\n\\').length, expected.sessions + 2);
    assert.equal(named('Server').length, 1);
  },

  'slots are properties, items are elements in their order'({named}) {
    const server = named('Server')[0];
    assert.deepEqual(server.references.map(edge => [edge.type, edge.name_or_index, edge.toNode.name]),
      [['property', 'sessions', 'list'], ['property', 'settings', 'tuple']]);
    const items = server.getReference('sessions').toNode.references.filter(edge => edge.type === 'element');
    assert.deepEqual(items.map(edge => edge.name_or_index), items.map((_, index) => index));
    assert.ok(items.every(edge => edge.toNode.name === 'Session'));
  },

  'retained sizes are those of the dominator tree'({heap, named, expected}) {
    const server = named('Server')[0], listener = named('Listener')[0], weakref = named('weakref')[0];
    assert.equal(listener.retainedSize, expected.leaked);
    assert.equal(weakref.retainedSize, expected.weakref);
    const garbage = named('(garbage that a collection finds)')[0];
    assert.equal(garbage.retainedSize, expected.garbage);
    // The rest is the server's, with the storage of its list.
    const storage = named('(list storage)')[0];
    assert.equal(server.retainedSize, expected.live_bytes - expected.leaked - expected.garbage - expected.weakref + storage.self_size);
    // A session dominates its user and its buffer, not the other way round.
    const session = server.getReference('sessions').toNode.getReference(0).toNode;
    assert.equal(session.getReference('user').toNode.dominatorNode.id, session.id);
    assert.equal(session.dominatorNode.id, server.getReference('sessions').toNode.id);
  },

  'the retainers of the leak are found'({heap, named}) {
    // The largest buffer is the one too many. Who keeps it?
    let largest = named('bytes').reduce((one, other) => other.self_size > one.self_size ? other : one);
    const chain = [];
    for (let node = largest; node.hasPathEdge; node = node.pathEdge.fromNode) {
      chain.push([String(node.pathEdge.name_or_index), node.pathEdge.fromNode.name]);
    }
    assert.deepEqual(chain, [['buffer', 'Session'], ['target', 'Listener'], ['1 reference from outside', '']]);
  },

  'a weak reference keeps nothing'({named}) {
    const edges = named('weakref')[0].references;
    assert.deepEqual(edges.map(edge => [edge.type, edge.name_or_index, edge.toNode.name]), [['weak', 'target', 'Session']]);
    assert.equal(edges[0].toNode.dominatorNode.name, 'list');
  },

  'no two nodes have one id'({heap}) {
    const ids = new Set();
    heap.nodes.forEach(node => { ids.add(node.id); });
    assert.equal(ids.size, heap.nodes.length);
  },

  async 'an analysis of memlab runs over it'({file}) {
    const analysis = new ObjectShallowAnalysis();
    await analysis.analyzeSnapshotFromFile(file);
  },
};

async function main([program, directory]) {
  const file = path.resolve(directory, 'planted.heapsnapshot');
  const expected = JSON.parse(execFileSync(program, [file], {encoding: 'utf8'}));
  config.isContinuousTest = true; // no progress lines
  const heap = await getFullHeapFromFile(file);
  const named = name => {
    const found = [];
    heap.nodes.forEach(node => { if (node.name === name) found.push(node); });
    return found;
  };
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test({heap, named, expected, file});
      console.log(`ok - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok - ${name}\n${error.stack}`);
    }
  }
  console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

main(process.argv.slice(2)).catch(error => { console.error(error); process.exit(1); });
