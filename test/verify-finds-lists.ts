import t from 'tap'
import { groups } from './fixtures/defects/index.ts'
import { findsEach } from './fixtures/defects/proof.ts'

findsEach(t, groups.lists)
