import { FrameBody, FrameGallery, FrameUpload, ImageQuery } from '../http.ts'
import { Observation } from '../observation.ts'
import { file, type HttpRoute, ok, type RouteAnswer } from './route.ts'

/** Photos: sent, described, shown. */

const frameAnswers: Record<number, RouteAnswer> = {
  200: { description: 'what was seen', schema: Observation },
  202: { description: 'stored; described later (Prefer: respond-async)', schema: Observation },
}
const FRAME_ERRORS = ['invalid_request', 'invalid_image', 'unsupported_image', 'image_too_large', 'session_not_found'] as const

export const VISION_ROUTES: readonly HttpRoute[] = [
  {
    method: 'post',
    path: '/vision/frame',
    tag: 'vision',
    summary: 'Send a photo; its description comes back',
    headers: { Prefer: '`respond-async` answers 202 at once' },
    body: { 'multipart/form-data': FrameUpload, 'application/json': FrameBody },
    answers: frameAnswers,
    errors: FRAME_ERRORS,
  },
  {
    method: 'post',
    path: '/vision/frame_b64',
    tag: 'vision',
    summary: 'The JSON form of /vision/frame under its other name',
    headers: { Prefer: '`respond-async` answers 202 at once' },
    body: { 'application/json': FrameBody },
    answers: frameAnswers,
    errors: FRAME_ERRORS,
  },
  {
    method: 'get',
    path: '/sessions/{id}/frames',
    tag: 'vision',
    summary: 'The photos of a session, in the order of its timeline',
    answers: ok('the gallery', FrameGallery),
    errors: ['session_not_found'],
  },
  {
    method: 'get',
    path: '/vision/frames/{id}',
    tag: 'vision',
    summary: 'One observation',
    answers: ok('the observation', Observation),
    errors: ['frame_not_found'],
  },
  {
    method: 'get',
    path: '/vision/frames/{id}/image',
    tag: 'vision',
    summary: 'The stored photo',
    query: ImageQuery,
    answers: file('the photo', 'image/*'),
    errors: ['frame_not_found'],
  },
]
