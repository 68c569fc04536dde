// The browser gets htm's standalone module under this name: Preact, its hooks and htm in one file.
export { html, render, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'htm/preact/standalone'
