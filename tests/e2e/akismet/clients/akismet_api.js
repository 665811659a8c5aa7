// npm `akismet-api`: calls https://rest.akismet.com and https://KEY.rest.akismet.com.
const { AkismetClient } = require('akismet-api')

const { KEY, BLOG, HAM, BLATANT } = process.env
const made = (key) => new AkismetClient({ key, blog: BLOG })
const client = made(KEY)
const stranger = made([...KEY].reverse().join(''))
const comment = (name, content) =>
  ({ ip: '203.0.113.7', useragent: 'Mozilla/5.0', name, content, isTest: false })
const answer = (promise) => promise.then((response) => response.text, () => 'refused')
const THANKS = 'Thanks for making the web a better place.'

async function main () {
  console.log(JSON.stringify({
    verify: await client.verifyKey(),
    verify_bad: await stranger.verifyKey(),
    ham: await client.checkSpam(comment('Ada', HAM)) === false,
    spam: await client.checkSpam(comment('viagra-test-123', HAM)) === true,
    submit_spam: await answer(client.submitSpam(comment('Ada', HAM))) === THANKS,
    submit_ham: await answer(client.submitHam(comment('pills', BLATANT))) === THANKS,
    bad_key: await stranger.checkSpam(comment('Ada', HAM)).then(() => false, () => true)
  }))
}

main()
