"""Does anything know the future, and can a registered version be fitted again?"""
