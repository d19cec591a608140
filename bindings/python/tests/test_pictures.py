"""Snapshots and pictures: what is in the files, and what happens when they can't be made."""

from __future__ import annotations

import json
import os
import shutil
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Tuple
from unittest import mock

from support import HeapTestCase, Unraisable

import refruntime


class Graph:
    """A snapshot as nodes and edges with names."""

    def __init__(self, path: Path) -> None:
        whole = json.loads(path.read_text(encoding="utf-8"))
        meta, strings = whole["snapshot"]["meta"], whole["strings"]
        width = len(meta["node_fields"])
        self.nodes: List[Dict[str, Any]] = []
        edge = 0
        for at in range(0, len(whole["nodes"]), width):
            node = dict(zip(meta["node_fields"], whole["nodes"][at : at + width]))
            node["name"] = strings[node["name"]]
            node["type"] = meta["node_types"][0][node["type"]]
            node["edges"] = []
            for _ in range(node["edge_count"]):
                kind, name, to = whole["edges"][3 * edge : 3 * edge + 3]
                kind = meta["edge_types"][0][kind]
                node["edges"].append((kind, name if kind == "element" else strings[name], to // width))
                edge += 1
            self.nodes.append(node)
        assert 3 * edge == len(whole["edges"])

    def edges(self, name: str) -> List[Tuple[str, Any, str]]:
        """The edges of the one node of that name: kind, name or index, and the name of the node they lead to."""
        (node,) = [node for node in self.nodes if node["name"] == name]
        return [(kind, label, self.nodes[to]["name"]) for kind, label, to in node["edges"]]


class Files(HeapTestCase):
    options = {"manual_gc": True}

    def setUp(self) -> None:
        super().setUp()
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.place = Path(directory.name)

    def snapshot(self) -> Graph:
        self.heap.snapshot(self.place / "heap.heapsnapshot")
        return Graph(self.place / "heap.heapsnapshot")


class Snapshots(Files):
    def test_attributes_are_edge_names(self) -> None:
        Pair = self.heap.type("Pair", refs=["left", "right"])
        Leaf = self.heap.type("Leaf")
        pair = Pair(left=Leaf())
        pair.right = pair
        graph = self.snapshot()
        self.assertEqual(graph.edges("Pair"), [("property", "left", "Leaf"), ("property", "right", "Pair")])
        self.assertEqual(graph.edges("Leaf"), [])
        self.assertIn(("property", "1 reference from outside", "Pair"), graph.edges(""))

    def test_types_of_one_layout_keep_their_own_names(self) -> None:
        for name in ("next", "parent"):
            with refruntime.Heap() as heap:
                Node = heap.type("Node", refs=[name])
                node = Node()
                setattr(node, name, node)
                heap.snapshot(self.place / "x.heapsnapshot")
                self.assertEqual(Graph(self.place / "x.heapsnapshot").edges("Node"), [("property", name, "Node")])
                del node, Node

    def test_items_of_lists_tuples_and_types_are_elements(self) -> None:
        Row = self.heap.type("Row", items=refruntime.Ref)
        content = self.heap.bytes(b"x")
        row = Row([None, content])
        listed = self.heap.list([content, row])
        held = self.heap.tuple([None, None, listed])
        graph = self.snapshot()
        self.assertEqual(graph.edges("Row"), [("element", 1, "bytes")])
        self.assertEqual(graph.edges("list"), [("element", 0, "bytes"), ("element", 1, "Row"), ("internal", "storage", "(list storage)")])
        self.assertEqual(graph.edges("tuple"), [("element", 2, "list")])
        self.assertEqual(len(held), 3)

    def test_ids_are_those_of_the_next_snapshot(self) -> None:
        kept = self.heap.list()
        first = {node["id"] for node in self.snapshot().nodes if node["name"] == "list"}
        others = self.heap.tuple([])
        second = {node["id"] for node in self.snapshot().nodes if node["name"] == "list"}
        self.assertEqual(first, second)
        self.assertEqual(first, {(kept.address // 16) % 2**32})
        self.assertEqual(len(others), 0)

    def test_sizes_add_up(self) -> None:
        made = self.heap.list(self.heap.bytes(n * 100) for n in range(50))
        self.heap.report_external(12345)
        stats = self.heap.get_stats()
        total = sum(node["self_size"] for node in self.snapshot().nodes)
        self.assertEqual(total, stats["live_bytes"] + stats["raw_bytes"] + stats["external_bytes"])
        self.heap.report_external(-12345)
        self.assertEqual(len(made), 50)

    def test_errors_say_which_file_and_why(self) -> None:
        for path, reason in ((self.place / "no" / "file", "No such file"), ("/dev/full", "No space left")):
            with self.assertRaisesRegex(refruntime.FileError, f"{path}.*{reason}"):
                self.heap.snapshot(path)
        with self.assertRaises(ValueError):
            self.heap.snapshot("a\0b")
        with self.assertRaises(TypeError):
            self.heap.snapshot(None)  # type: ignore[arg-type]

    def test_not_from_inside_a_callback(self) -> None:
        path = self.place / "heap.heapsnapshot"
        Node = self.heap.type("Node", finalizer=lambda node: self.heap.snapshot(path))
        with Unraisable() as seen:
            del [Node()][:]
        self.assertRegex(seen.messages[0], "callback")
        self.assertEqual(os.listdir(self.place), [])


class Pictures(Files):
    def ring(self) -> Any:
        Node = self.heap.type("Node", refs=["next"])
        first, second = Node(), Node()
        first.next, second.next = second, first
        return first

    def test_a_cycle_is_drawn_and_turns_red_when_nobody_holds_it(self) -> None:
        ring = self.ring()
        source = self.heap.draw().source
        self.assertTrue(source.startswith("digraph heap {"))
        self.assertEqual(source.count('label="next"'), 2)
        self.assertEqual(source.count("1 from outside"), 1)
        self.assertEqual(source.count("\\ncount 2"), 1)
        self.assertNotIn("a collection frees", source)
        del ring
        source = self.heap.draw().source
        self.assertIn("red: 2 objects in all that nothing outside holds; a collection frees them", source)
        self.assertEqual(source.count("#fbdcdc"), 2)
        self.assertNotIn("from outside", source)
        self.assertEqual(self.live(), 2)  # it was only looked at
        self.assertEqual(self.heap.collect(), 2)
        self.assertIn('label="0 objects"', self.heap.draw().source)

    def test_a_picture_that_leaves_something_out_says_so(self) -> None:
        held = self.heap.list(self.heap.tuple([]) for _ in range(500))
        source = self.heap.draw(max_objects=10).source
        self.assertIn("10 objects of 501: not all are drawn", source)
        self.assertIn("491 more, not drawn", source)
        self.assertEqual(source.count("tuple"), 9)
        self.assertEqual(len(held), 500)

    def test_garbage_is_drawn_even_where_much_is_alive(self) -> None:
        held = [self.heap.tuple([]) for _ in range(100)]
        self.ring()
        self.assertEqual(self.heap.draw(max_objects=10).source.count("#fbdcdc"), 2)
        self.assertEqual(len(held), 100)

    def test_an_object_is_drawn_with_what_leads_to_it_and_what_it_leads_to(self) -> None:
        Node = self.heap.type("Node", refs=["next"])
        chain = [Node()]
        for _ in range(20):
            chain.append(Node(next=chain[-1]))
        others = self.heap.list([self.heap.bytes(b"")])
        source = chain[10].draw(max_objects=7).source
        addresses = [f"{node.address:#x}" for node in chain]
        drawn = [number for number, address in enumerate(addresses) if address + "\\n" in source]
        self.assertEqual(drawn, [7, 8, 9, 10, 11, 12, 13])
        self.assertNotIn("list", source)
        self.assertEqual(source.count("penwidth"), 1)
        self.assertEqual(len(others), 1)

    def test_names_come_through_whole(self) -> None:
        name = 'Q"uo\\te\n<&>é'
        made = self.heap.type(name)()
        picture = self.heap.draw()
        self.assertIn('label="Q\\"uo\\\\te\\n<&>é\\n', picture.source)
        if shutil.which("dot"):
            text = " ".join(ElementTree.fromstring(picture.svg).itertext())
            self.assertIn("<&>é", text)
        self.assertFalse(made.closed)

    def test_weak_references_and_immortal_objects(self) -> None:
        target = self.heap.list()
        weak = self.heap.weakref(target)
        self.heap.make_immortal(target)
        source = self.heap.draw().source
        self.assertIn('label="weak", style=dashed', source)
        self.assertIn("immortal", source)
        self.assertIs(weak(), target)

    @unittest.skipUnless(shutil.which("dot"), "Graphviz's dot is not installed")
    def test_a_picture_is_svg_in_notebooks_and_files(self) -> None:
        ring = self.ring()
        picture = ring.draw(self.place / "ring.svg")
        ElementTree.fromstring(picture._repr_svg_())
        self.assertEqual((self.place / "ring.svg").read_text(encoding="utf-8"), picture.svg)
        self.assertIn(f"{ring.address:#x}", picture.svg)
        self.assertTrue(picture.save(self.place / "ring.png") is picture)
        self.assertTrue((self.place / "ring.png").read_bytes().startswith(b"\x89PNG"))
        self.assertIn("Picture", repr(picture))

    def test_without_graphviz_there_is_still_the_graph(self) -> None:
        picture = self.ring().draw()
        with mock.patch.dict(os.environ, PATH=str(self.place)):
            with self.assertRaisesRegex(FileNotFoundError, "apt-get install graphviz"):
                picture._repr_svg_()
            picture.save(self.place / "ring.dot")
        self.assertEqual((self.place / "ring.dot").read_text(encoding="utf-8"), picture.source)

    def test_wrong_calls(self) -> None:
        ring = self.ring()
        for wrong in (0, -1, 2**32):
            with self.assertRaises(ValueError):
                self.heap.draw(max_objects=wrong)
            with self.assertRaises(ValueError):
                ring.draw(max_objects=wrong)
        with self.assertRaisesRegex(ValueError, "'.gif'"):
            ring.draw(self.place / "ring.gif")
        ring.close()
        with self.assertRaises(refruntime.ClosedError):
            ring.draw()


if __name__ == "__main__":
    unittest.main()
