import { type CueSet, cue } from './cues.ts'
import { findTaskEn } from './tasks-en.ts'

/** English cues, on folded text. */

const TASK_VETO = cue(
  "maybe (?:someday|one day)|maybe|perhaps|someday|might|i wish|if i were|if we had|if i had|already|yesterday|last (?:week|month|night)|i was going to|we were going to|just kidding|i'm kidding|kidding|i can't|i cannot|i won't|we won't|don't|do not|didn't|not going to|would be nice|he said|she said|they said|we could|i could|i don't think|thought about",
)

export const EN: CueSet = {
  language: 'en',
  task: findTaskEn,
  vetoesTask: (clause) => TASK_VETO.test(clause.plain),
  acceptance:
    /^(?:yes|yeah|sure|ok|okay|agreed|will do|of course|great|perfect|all right|no problem|got it|i will|i'll do it|absolutely|fine)(?! but)(?:\s|$)/u,
  refusal:
    /^(?:no(?! problem| worries)|i (?:can't|cannot)(?! (?:wait|believe|complain|deny|help but))|impossible|sorry|no way)(?:\s|$)/u,
  cannot: cue(
    "(?:i|we) (?:can't|cannot|can not|won't|couldn't)(?! (?:wait|believe|complain|deny|help but))|(?:won't|not) be able to|i'm not (?:doing|going to do|able to)|not my job|i'd rather not|no way|impossible|i refuse|don't count on me|(?:doesn't|does not) work for me",
  ),
  declines: /^(?:no )*(?:no need|don't bother|you don't (?:have|need) to|not necessary|never mind)(?: |$)/u,
  retraction: cue("just kidding|i'm kidding|only joking|just joking|i'm joking"),
  cancellation: cue("no (?:longer )?need to|never mind|forget about|don't (?:have|need) to|cancel the"),
  takesOn: cue(
    "i'll (?:take (?:that|it|care of (?:it|that))|do (?:it|that)|handle (?:it|that))|leave it (?:to|with) me|i will (?:take|do|handle) (?:it|that)",
  ),
  decision: cue(
    "let's (?:go with|keep|stick with|stay with|use|move|drop|cancel|postpone)|we(?:'ve| have)? (?:decided|agreed)|it's (?:decided|settled|final)|(?:(?:that|this) is|that's) (?:decided|settled|final)|we(?:'ll| will) (?:stick with|go with|use|keep|move|postpone|drop|cancel|launch)|(?:is|was) approved|approved|we(?:'re| are) (?:going with|moving|keeping|dropping|cancelling|postponing)|decision is|the decision",
  ),
  decisionVeto: cue(
    "maybe|might|could|should we|i think|i propose|what if|not (?:decided|agreed)|haven't decided|if we|undecided|need to decide|last week we decided",
  ),
  revocation: cue(
    'instead|actually|after all|no longer|cancel(?:led|ling)?|drop(?:ping)?|changed (?:our|my) minds?|scrap|rather than|on second thought|not going',
  ),
  settlesBefore: cue("(?:it's|that's|that is) (?:decided|settled|final)|agreed|so be it|it is then"),
  settlesDate: cue('(?:will be|is|stays|remains|is set for|is scheduled for)(?: \\S+){0,3}'),
  risk: cue(
    "risks?|concern(?:s|ed)?|worr(?:y|ied)|blocker|if (?:\\S+ ){1,4}fails?|(?:could|may|might|can|will) (?:fail|break|fall|crash|burn|leak|slip|collapse|overheat|be late)|won't (?:have|make it|hold)|(?:deadline|schedule) (?:may |might |could )?slips?|unsafe|dangerous|danger|careful|watch out|allergic|allergy|hazard|leak|broken|shortage|over budget|running out of|there(?:'s| is) a problem|problem with",
  ),
  riskVeto: cue(
    "risk (?:report|analysis|assessment|register|management|plan|review)|no risk|risk[- ]free|not (?:a )?(?:risk|problem|concern|worried|dangerous)|no (?:problem|danger|concerns?|worries|need to worry)|(?:fixed|solved|resolved)|don't worry",
  ),
  riskBefore: /(?:^| )(?:that|this|it)(?:'s| is| would be) (?:the |a |our |my )?(?:\S+ )?(?:risk|danger|problem|concern|worry)$/u,
  severe: cue(
    'danger(?:ous)?|unsafe|allergic|allergy|fire|burn|leak|fall|collapse|injur(?:y|ed)|main|serious|critical|biggest|high',
  ),
  mild: cue('a little|slightly|minor|small|unlikely'),
  question: /^(?:and |but |so )?(?:who|when|how much|how many|which|where|what|why|how|do we know|whose)(?: |$|'s)/u,
  unknown: cue(
    "not sure yet|no idea (?:who|when|how|what|where)|tbd|open question|we (?:still )?don't know|don't know yet|nobody knows|to be (?:decided|determined|defined)|still unclear|have to find out",
  ),
  topic: cue(
    "next (?:item|point|topic)|let's (?:talk about|discuss|review|look at|move on to)|moving on to|on another note|regarding|today we",
  ),
  greeting: /(?:^| )(?:hello|hi|hey|good morning|good afternoon|good evening|thanks|thank you|welcome|bye|sorry)$/u,
  selfIntroduction: /(?:^| )(?:i'm|i am|my name is|this is|call me)$/u,
  instruction: cue(
    'ignore (?:all )?(?:the |your |my )?(?:previous |prior |above )?instructions|disregard (?:all |the |your )?(?:previous )?instructions|as an ai|language model|hey (?:vigia|siri|alexa|google)|ok google|(?:write|add|put) (?:in|to) the summary|system prompt|you are an assistant',
  ),
  fiction: cue('in the (?:movie|film|show|series|novel|book|story|game)|call now|limited time offer|buy now|on tv'),
  pointing: cue(
    'look (?:at|here at) (?:this|that|these|those)|look here|as you (?:can )?see|(?:this|that) one here|in (?:the|this|that) (?:photo|picture)',
  ),
  leading:
    /^(?:(?:and|but|so|well|okay|ok|yes|yeah|no|sure|great|agreed|alright|right|then|also|oh|um|uh|look|listen|perfect|fine)(?:[\s,]+|$))+/iu,
}
