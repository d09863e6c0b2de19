/** Starts the page. */
import "uplot/dist/uPlot.min.css";
import "./design/tokens.css";
import "./design/base.css";
import "./design/shell.css";
import "./design/parts.css";
import "./design/inventory.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./shell/app.tsx";

const place = document.querySelector("#page");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
