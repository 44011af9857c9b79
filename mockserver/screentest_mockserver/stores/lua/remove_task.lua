return forget(ARGV[1])
