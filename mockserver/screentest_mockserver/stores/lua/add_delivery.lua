keep(P .. 'deliveries', ARGV[1], ARGV[2])
