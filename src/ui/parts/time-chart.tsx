/** A chart over time, drawn by uPlot. A part of its own, so that it is loaded where one is shown. */
import { useEffect, useRef, type ReactNode } from "react";
import uPlot from "uplot";

import type { TimeChartProps } from "./chart.ts";

const HEIGHT = 190;
const LINE_WIDTH = 2;
const POINT_SIZE = 6;
/** Marks of the time axis stand so far apart at least, px. */
const TIMES_APART = 90;
/** Room for numbers with thousands at the left, px. */
const AXIS_WIDTH = 64;

/** Draws series over times, and draws them anew where width or theme change. */
export function TimeChart({ label, times, series }: TimeChartProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = place;
    if (current === null) return undefined;
    let chart = draw(current, { times, series });
    const again = (): void => {
      chart.destroy();
      chart = draw(current, { times, series });
    };
    const sizes = new ResizeObserver(() => {
      chart.setSize({ width: current.clientWidth, height: HEIGHT });
    });
    sizes.observe(current);
    const theme = new MutationObserver(again);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      sizes.disconnect();
      theme.disconnect();
      chart.destroy();
    };
  }, [times, series]);
  return <div ref={place} role="img" aria-label={label} />;
}

function draw(place: HTMLDivElement, { times, series }: Omit<TimeChartProps, "label">): uPlot {
  const colour = colours();
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 } };
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: HEIGHT,
    axes: [
      {
        ...axis,
        ticks: { show: false },
        space: TIMES_APART,
        values: (chart, ticks) => ticks.map(timesOf(chart)),
      },
      { ...axis, ticks: { show: false }, size: AXIS_WIDTH, values: (_, ticks) => ticks.map(whole) },
    ],
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    series: [
      {
        label: "Time",
        value: (_, second) => (second == null ? "–" : EXACT.format(second * 1_000)),
      },
      ...series.map(({ name, colour: variable }) => ({
        label: name,
        value: (_: uPlot, value: number | null) => (value == null ? "–" : NUMBER.format(value)),
        stroke: colour(variable),
        width: LINE_WIDTH,
        points: { show: true, size: POINT_SIZE, fill: colour(variable) },
      })),
    ],
  };
  const data = [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
  return new uPlot(options, data, place);
}

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const SECONDS = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;

/** Marks of the time axis: days where it spans several, seconds where it spans but minutes. */
function timesOf({ scales }: uPlot): (second: number) => string {
  const { min = 0, max = 0 } = scales["x"] ?? {};
  const spans = (max ?? 0) - (min ?? 0);
  const format = spans > 2 * DAY_SECONDS ? DAY : spans > 10 * MINUTE_SECONDS ? CLOCK : SECONDS;
  return (second) => format.format(second * 1_000);
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

function whole(tick: number): string {
  return Number.isInteger(tick) ? NUMBER.format(tick) : "";
}

/** Tokens of the theme that is shown; a canvas does not know them by itself. */
function colours(): (token: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (token) => style.getPropertyValue(token).trim();
}
