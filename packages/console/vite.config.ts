import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  base: '/console/',
  plugins: [react(), withDefaultLanguage()],
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // a page loads nothing from `data:`
    reportCompressedSize: false,
  },
})

/**
 * Lets uPlot use the default language of `Intl`. It passes the browser's name for its language to `Intl`, which throws for
 * some names: under LANG=C.UTF-8, Chromium's is en-US@posix.
 */
function withDefaultLanguage(): Plugin {
  return {
    name: 'with-default-language',
    transform(code, id) {
      if (!id.endsWith('/uPlot.esm.js')) return
      const changed = code.replace('nav.language', 'undefined')
      if (changed === code) this.error('uPlot no longer has `nav.language`, which this replaces.')
      return { code: changed, map: null }
    },
  }
}
