import { type EChartsOption, init, type SeriesOption } from 'echarts';
import type { DrawnPanel, Picture } from './picture.ts';
import { withUnit } from './units.ts';

const width = 1_280;
const columns = 24;
const rowPixels = 36;
const headPixels = 56;
const gap = 12;
/** Told apart by people who see colours differently, too (after Okabe and Ito). */
const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#8a6d00', '#666666'];
const ink = '#24292f';
const faint = '#656d76';
const red = '#c4162a';

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Draws a dashboard as one SVG: each panel where Grafana has it, with title, what it says, unit and legend. */
export function svgOf(picture: Picture): string {
  const rows = Math.max(...picture.panels.map(({ place }) => place.y + place.h));
  const height = headPixels + rows * rowPixels;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(optionOf(picture));
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}

function optionOf({ title, span, panels }: Picture): EChartsOption {
  const boxes = panels.map(boxOf);
  return {
    animation: false,
    backgroundColor: '#f6f8fa',
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: ink },
    title: [
      { text: title, subtext: spanText(span.start, span.end), left: gap, top: 6, itemGap: 4 },
      ...panels.map((panel, at) => titleOf(panel, boxes[at]!)),
    ],
    graphic: boxes.map((box, at) => frameOf(box, panels[at]!)),
    legend: panels.map((panel, at) => ({
      type: 'plain' as const,
      data: panel.series.map(({ legend }) => nameOf(at, legend)),
      formatter: (name: string) => name.slice(name.indexOf('|') + 1),
      left: boxes[at]!.left + 12,
      top: boxes[at]!.top + boxes[at]!.height - 60,
      width: boxes[at]!.width - 24,
      height: 52,
      itemWidth: 14,
      itemHeight: 3,
      // Readers' fonts may be wider than what the places are reckoned with.
      itemGap: 22,
      icon: 'rect',
      textStyle: { fontSize: 10, color: ink },
    })),
    grid: boxes.map((box) => ({
      left: box.left + 62,
      top: box.top + 54,
      width: box.width - 84,
      height: box.height - 142,
    })),
    xAxis: panels.map((_, at) => ({
      type: 'time' as const,
      gridIndex: at,
      min: span.start * 1_000,
      max: span.end * 1_000,
      splitNumber: 6,
      axisLabel: { fontSize: 10, color: faint, hideOverlap: true, formatter: clock },
      axisLine: { lineStyle: { color: '#d0d7de' } },
      axisTick: { show: false },
    })),
    yAxis: panels.map((panel, at) => ({
      type: 'value' as const,
      gridIndex: at,
      min: 0,
      ...topOf(panel),
      splitNumber: 4,
      axisLabel: { fontSize: 10, color: faint, formatter: (value: number) => withUnit(value, panel.unit) },
      splitLine: { lineStyle: { color: '#eaeef2' } },
    })),
    series: panels.flatMap(linesOf),
  };
}

function boxOf({ place }: DrawnPanel): Box {
  const column = (width - gap) / columns;
  return {
    left: gap + place.x * column,
    top: headPixels + place.y * rowPixels,
    width: place.w * column - gap,
    height: place.h * rowPixels - gap,
  };
}

const titleOf = ({ title, about }: DrawnPanel, box: Box) => ({
  text: title,
  subtext: about,
  left: box.left + 6,
  top: box.top + 4,
  itemGap: 3,
  textStyle: { fontSize: 13 },
  subtextStyle: { fontSize: 11, color: faint },
});

function frameOf(box: Box, { series }: DrawnPanel) {
  const { width: wide, height: high } = box;
  const frame = {
    type: 'rect' as const,
    shape: { x: 0, y: 0, width: wide, height: high, r: 4 },
    style: { fill: '#ffffff', stroke: '#d0d7de', lineWidth: 1 },
  };
  const nothing = {
    type: 'text' as const,
    x: wide / 2,
    y: high / 2,
    style: { text: 'Nothing of this in this time', fill: faint, fontSize: 12, align: 'center' as const },
  };
  const children = series.length === 0 ? [frame, nothing] : [frame];
  return { type: 'group' as const, left: box.left, top: box.top, z: -1, children };
}

const nameOf = (panel: number, legend: string) => `${panel}|${legend}`;

function linesOf(panel: DrawnPanel, at: number): SeriesOption[] {
  const where = { type: 'line' as const, xAxisIndex: at, yAxisIndex: at, silent: true };
  const limit = shownLimit(panel);
  const limits: SeriesOption[] =
    limit === undefined
      ? []
      : [
          {
            ...where,
            data: [],
            markLine: {
              symbol: 'none',
              label: { formatter: withUnit(limit, panel.unit), color: red, fontSize: 10, position: 'insideEndTop' },
              lineStyle: { color: red, type: 'dashed' },
              data: [{ yAxis: limit }],
            },
          },
        ];
  const lines = panel.series.map(({ legend, values }, index): SeriesOption => {
    const color = colours[index % colours.length]!;
    return {
      ...where,
      name: nameOf(at, legend),
      showSymbol: values.length === 1,
      color,
      lineStyle: { width: 1.5, color },
      areaStyle: { opacity: 0.06, color },
      data: values.map(([seconds, value]) => [seconds * 1_000, Number.isFinite(value) ? value : null]),
    };
  });
  return [...lines, ...limits];
}

const highest = ({ series }: DrawnPanel) =>
  series
    .flatMap(({ values }) => values.map(([, value]) => value))
    .filter(Number.isFinite)
    .reduce((max, value) => Math.max(max, value), 0);

/** A line that is far above everything would press the figures flat: it is drawn where they come near it. */
function shownLimit(panel: DrawnPanel): number | undefined {
  return panel.limit !== undefined && highest(panel) >= panel.limit / 4 ? panel.limit : undefined;
}

/** The top of a panel where the chart's own choice would hide the limit, or make much of nothing at all. */
function topOf(panel: DrawnPanel): { readonly max?: number; readonly interval?: number } {
  const limit = shownLimit(panel);
  if (limit !== undefined && highest(panel) < limit) return { max: limit * 1.1 };
  return highest(panel) === 0 ? { max: 1, interval: 0.5 } : {};
}

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16);

function spanText(start: number, end: number): string {
  const [from, to] = [new Date(start * 1_000).toISOString(), new Date(end * 1_000).toISOString()];
  return `${from.slice(0, 10)}, ${from.slice(11, 16)} to ${to.slice(11, 16)} UTC`;
}
