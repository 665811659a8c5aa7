<?php
/**
 * Plugin Name: Winnow for Akismet
 * Description: Sends what the Akismet plugin asks to your own Winnow; the plugin itself stays as it is.
 * Version: 1.0.0
 * Requires PHP: 7.2
 * License: Apache-2.0
 *
 * Put this file into wp-content/mu-plugins and name the address of Winnow in wp-config.php:
 *
 *     define( 'WINNOW_URL', 'https://winnow.example.org' );
 *
 * or by the environment variable WINNOW_URL. Without an address nothing is sent anywhere: WordPress
 * then holds comments as it does when Akismet cannot be reached.
 */

namespace Winnow;

defined( 'ABSPATH' ) || exit;

const AKISMET = 'rest.akismet.com';

add_filter( 'pre_http_request', __NAMESPACE__ . '\redirect', 10, 3 );
add_action( 'admin_notices', __NAMESPACE__ . '\ask_for_address' );
add_action( 'admin_init', __NAMESPACE__ . '\keep_frames_out' );

/**
 * Returns the address of Winnow without a slash at its end, '' for none that can be used.
 */
function address() {
	$url   = trim( (string) ( defined( 'WINNOW_URL' ) ? WINNOW_URL : getenv( 'WINNOW_URL' ) ) );
	$parts = wp_parse_url( $url );
	if ( empty( $parts['host'] ) || ! in_array( $parts['scheme'] ?? '', array( 'http', 'https' ), true ) ) {
		return '';
	}
	$more = array_intersect_key( $parts, array_flip( array( 'user', 'pass', 'query', 'fragment' ) ) );
	return $more ? '' : rtrim( $url, '/' );
}

/**
 * Answers a request to Akismet with Winnow's answer, in the form that WordPress gives any answer.
 *
 * @param mixed  $answer What another filter answered already, false for nothing.
 * @param array  $args   The request: method, body, headers, timeout and the rest.
 * @param string $url    Where it was going.
 * @return mixed An array or WP_Error as of wp_remote_request(); $answer for any other host.
 */
function redirect( $answer, $args, $url ) {
	$host = akismet_host( $args, $url );
	if ( false !== $answer || '' === $host ) {
		return $answer;
	}
	$answer = '' === address()
		? new \WP_Error( 'winnow_address', 'WINNOW_URL names no address of Winnow.' )
		: answer_of_winnow( $host, $args, wp_parse_url( $url ) );
	return is_check_of_the_plugin( $args, $url ) ? with_guid( $answer ) : $answer;
}

/**
 * Returns Winnow's answer to a request to one of Akismet's hosts, given as the parts of its address.
 */
function answer_of_winnow( $host, $args, $parts ) {
	static $failed = array();

	$query  = isset( $parts['query'] ) ? '?' . $parts['query'] : '';
	$target = address() . ( $parts['path'] ?? '/' ) . $query;
	// The name that Akismet is called by is not Winnow's; whoever named Winnow's address trusts it.
	if ( is_array( $args['headers'] ) ) {
		$args['headers'] = array_diff_ukey( $args['headers'], array( 'Host' => '' ), 'strcasecmp' );
	}
	$args['reject_unsafe_urls'] = false;
	list( $target, $args )      = with_key_of( $host, $target, $args );

	// The plugin tries https twice and then http, not knowing that all three lead here: a visitor
	// waits for one time-out, not for three.
	$request = md5( serialize( array( $target, $args['method'], $args['body'] ) ) );
	$answer  = $failed[ $request ] ?? wp_remote_request( $target, $args );
	if ( is_wp_error( $answer ) ) {
		$failed[ $request ] = $answer;
	}
	return $answer;
}

/**
 * Says whether a request is the Akismet plugin's own question about a comment.
 */
function is_check_of_the_plugin( $args, $url ) {
	$headers = is_array( $args['headers'] ) ? array_change_key_case( $args['headers'] ) : array();
	$agent   = (string) ( $headers['user-agent'] ?? $args['user-agent'] ?? '' );
	return 'comment-check' === basename( (string) wp_parse_url( $url, PHP_URL_PATH ) ) && false !== strpos( $agent, '| Akismet/' );
}

/**
 * Returns an answer to a check with a guid; one of no word where there was no answer.
 *
 * From 5.5 on the plugin knows by the guid which comment an answer was for. Of one without, that of
 * an outage too, it remembers nothing, and WordPress would publish what should wait for the retry.
 */
function with_guid( $answer ) {
	if ( is_wp_error( $answer ) ) {
		$response = array( 'code' => 503, 'message' => $answer->get_error_message() );
		$answer   = array( 'headers' => array(), 'body' => '', 'response' => $response, 'cookies' => array() );
	}
	if ( empty( $answer['headers']['x-akismet-guid'] ) ) {
		$answer['headers']['x-akismet-guid'] = bin2hex( random_bytes( 16 ) );
	}
	return $answer;
}

/**
 * Returns the name by which a request calls Akismet, '' if it is not for Akismet.
 *
 * The plugin's test of its connection calls an IP address and says the name in a header.
 */
function akismet_host( $args, $url ) {
	$hosts   = array( (string) wp_parse_url( $url, PHP_URL_HOST ) );
	$headers = is_array( $args['headers'] ) ? array_change_key_case( $args['headers'] ) : array();
	if ( isset( $headers['host'] ) ) {
		$hosts[] = (string) $headers['host'];
	}
	foreach ( $hosts as $host ) {
		$host = strtolower( $host );
		if ( AKISMET === $host || '.' . AKISMET === substr( $host, -strlen( '.' . AKISMET ) ) ) {
			return $host;
		}
	}
	return '';
}

/**
 * Returns target and request with the key that was the first label of Akismet's host, if it was one.
 *
 * The key goes where logs do not show it: into the form, unless there is none.
 */
function with_key_of( $host, $target, $args ) {
	$key = strstr( $host, '.', true );
	if ( ! preg_match( '/^[0-9a-f]{12}$/', $key ) ) {
		return array( $target, $args );
	}
	if ( 'POST' !== strtoupper( $args['method'] ) ) {
		$target = add_query_arg( 'api_key', $key, $target );
	} elseif ( is_array( $args['body'] ) ) {
		$args['body'] += array( 'api_key' => $key );
	} else {
		$args['body'] = ltrim( $args['body'] . '&api_key=' . $key, '&' );
	}
	return array( $target, $args );
}

/**
 * Tells administrators that the address is missing.
 */
function ask_for_address() {
	if ( '' === address() && current_user_can( 'manage_options' ) ) {
		echo '<div class="notice notice-error"><p>';
		echo 'Winnow for Akismet: define <code>WINNOW_URL</code> in <code>wp-config.php</code>, ';
		echo 'for example as <code>https://winnow.example.org</code>. ';
		echo 'Until then no comment is checked and all of them wait for you.</p></div>';
	}
}

/**
 * Keeps the Akismet plugin's page from showing the browser frames of akismet.com, which are told the
 * site's address and a token, and know nothing of what Winnow counts.
 */
function keep_frames_out() {
	if ( isset( $_GET['page'] ) && 'akismet-key-config' === $_GET['page'] && ! headers_sent() ) {
		header( "Content-Security-Policy: frame-src 'self'", false );
	}
}
