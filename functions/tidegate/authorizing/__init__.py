"""At an application's door: may this end user's request come in?"""
