import type { Plugin } from "esbuild";

/**
 * The page's policy forbids `<style>` elements, and react-remove-scroll, which Radix's dialogs and menus hold the page still with, works
 * by one. In its place stands an element that does nothing; design/base.css stops the scrolling instead.
 */
export const withoutStyleElements: Plugin = {
  name: "without-style-elements",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^react-remove-scroll$/ }, ({ resolveDir }) => ({
      path: "react-remove-scroll",
      namespace: "stand-in",
      pluginData: resolveDir,
    }));
    esbuild.onLoad({ filter: /.*/, namespace: "stand-in" }, ({ pluginData }) => ({
      contents: STAND_IN,
      loader: "js",
      resolveDir: String(pluginData),
    }));
  },
};

const STAND_IN = `
import { createElement, forwardRef } from "react";
export const RemoveScroll = forwardRef(({ as = "div", allowPinchZoom, shards, enabled, removeScrollBar, inert, noIsolation, ...rest }, ref) =>
  createElement(as, { ...rest, ref }));
`;
