import { hubSettings } from '../hub-settings.ts'
import { ModelEntry } from '../manifest.ts'
import { pullModel } from '../pull.ts'
import { ModelStore } from '../store.ts'

/** Fetches a model in a process of its own, so that a test can kill it in the middle. */
const [dir, endpoint, json] = process.argv.slice(2)
const entry = ModelEntry.parse(JSON.parse(json!))
await pullModel(new ModelStore(dir!, [entry]), entry, {
  hub: { ...hubSettings({ HF_HOME: '/nonexistent' }), hfEndpoint: endpoint! },
  onProgress: ({ done }) => {
    if (done > 40_000) process.stdout.write('half\n')
  },
})
