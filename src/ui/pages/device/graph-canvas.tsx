/** The identity graph as a picture. A file of its own, because sigma is loaded only where it is looked at. */
import { DirectedGraph } from "graphology";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Sigma } from "sigma";

import { problemWords } from "../../parts/failure-words.ts";
import {
  graphPlaces,
  type GraphEdge,
  type GraphNode,
  type IdentityGraph,
} from "./identity-graph.ts";

type GraphCanvasProps = {
  readonly graph: IdentityGraph;
  readonly colours: ReadonlyMap<string, number>;
};

const SIZES: Readonly<Record<GraphNode["kind"], number>> = {
  record: 9,
  value: 5,
  muted: 5,
  other: 7,
};
const EDGE_COLOURS: Readonly<Record<GraphEdge["kind"], string>> = {
  says: "--line-strong",
  muted: "--warn",
  apart: "--bad",
  decided: "--info",
};
/** Room for labels at the edge, px. */
const PADDING_PX = 24;

/** Draws it with WebGL; says so where the browser has none. */
export function GraphCanvas({ graph, colours }: GraphCanvasProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const [error, setError] = useState<unknown>(undefined);
  const theme = document.documentElement.dataset["theme"];
  useEffect(() => {
    const { current } = place;
    if (current === null) return undefined;
    try {
      const drawn = draw(current, { graph, colours });
      return () => drawn.kill();
    } catch (thrown) {
      setError(thrown);
      return undefined;
    }
  }, [graph, colours, theme]);
  if (error !== undefined) {
    return <p className="panel-body muted">No picture here: {problemWords(error)}</p>;
  }
  return <div ref={place} className="graph" aria-hidden />;
}

function draw(place: HTMLElement, { graph, colours }: GraphCanvasProps): Sigma {
  const style = getComputedStyle(document.documentElement);
  const colour = (token: string): string => style.getPropertyValue(token).trim();
  const drawn = new DirectedGraph();
  const places = graphPlaces(graph.nodes);
  for (const { key, kind, label, source } of graph.nodes) {
    drawn.mergeNode(key, {
      label,
      size: SIZES[kind],
      color: colour(nodeColour(kind, colours.get(source ?? ""))),
      ...(places.get(key) ?? { x: 0, y: 0 }),
    });
  }
  for (const { from, to, kind } of graph.edges) {
    const isStrong = kind === "apart" || kind === "decided";
    drawn.mergeEdge(from, to, { color: colour(EDGE_COLOURS[kind]), size: isStrong ? 3 : 1.5 });
  }
  return new Sigma(drawn, place, {
    settings: {
      stagePadding: PADDING_PX,
      itemSizesReference: "screen",
      autoRescaleContent: "labels",
      labelRenderedSizeThreshold: 0,
      labelDensity: 4,
      enableCameraZooming: false,
      // A tab that is left takes the place away before the last frame is drawn, which else throws.
      allowInvalidContainer: true,
    },
    styles: {
      nodes: {
        color: { attribute: "color" },
        size: { attribute: "size" },
        label: { attribute: "label" },
        labelColor: colour("--text"),
        backdropColor: colour("--raised"),
      },
      edges: { color: { attribute: "color" }, size: { attribute: "size" } },
    },
  });
}

function nodeColour(kind: GraphNode["kind"], ofSource: number | undefined): string {
  if (kind === "value") return "--muted";
  if (kind === "muted") return "--warn";
  return kind === "record" && ofSource !== undefined ? `--chart-${ofSource}` : "--chart-5";
}
