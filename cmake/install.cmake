install(TARGETS libahoy EXPORT ahoy)
